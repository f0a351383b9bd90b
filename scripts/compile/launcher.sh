#!/bin/sh
# @NAME@: one file made of this script, the program and the Deno runtime that runs it.
# It unpacks both into a cache folder, once, and from then on only checks them.
# The two payloads follow the last line, each compressed with gzip.

name=@NAME@
whole_size=@WHOLE_SIZE@
program_sha=@PROGRAM_SHA@
program_from=@PROGRAM_FROM@
program_length=@PROGRAM_LENGTH@
runtime_sha=@RUNTIME_SHA@
runtime_from=@RUNTIME_FROM@
runtime_length=@RUNTIME_LENGTH@

# A caller's PATH may hold nothing but the folder of this file.
PATH=${PATH:+$PATH:}/usr/bin:/bin
temp=
child=
why=

# Calls $1 with $root set to each place that may hold the cache, until it succeeds.
each_root() {
  # A relative XDG_CACHE_HOME is to be ignored, says the XDG specification.
  case ${XDG_CACHE_HOME-} in /*) root=$XDG_CACHE_HOME/timesrv && "$1" && return ;; esac
  case ${HOME-} in /*) root=$HOME/.cache/timesrv && "$1" && return ;; esac
  root=/tmp
  case ${TMPDIR-} in /*) [ -d "$TMPDIR" ] && root=$TMPDIR ;; esac
  root=$root/timesrv-$(id -u)
  "$1"
}

# Succeeds if nobody but us and root can change what the given path (below $root) is. Whoever can
# write to one of the folders could put an executable of their own there: in /tmp that is any local
# user, and under sudo with $HOME kept it is the user who called it. Leaves inode, owner and size of
# the last path in $facts.
look() {
  target=$1
  # In the order in which `ls` sorts them.
  set -- "${root%/*}/." "${root%/*}/.." "$root" "$root/${target%%/*}" "$root/$target"
  if [ "$target" = . ]; then set -- "$1" "$2" "$3"; fi
  facts=
  while read -r inode mode _ owner _ size _; do
    [ -O "$1" ] || [ "$owner" = 0 ] || return 1
    case $1 in
      */.. | */.)
        # Above our own folder: a group may be trusted (many systems give each user one), the world
        # only if the sticky bit keeps it from renaming what is ours.
        case $mode in ????????w[!tT]*) return 1 ;; esac
        ;;
      *)
        case $mode in l* | ?????w* | ????????w*) return 1 ;; esac
        ;;
    esac
    facts="$inode $owner $size"
    shift
  done <<END
$(LC_ALL=C ls -ldin "$@" 2>/dev/null)
END
  [ $# = 0 ]
}

# Succeeds if $1, below $root, is what was once verified. Hashing 96 MB takes ten times as long as
# all the rest of a start, so `verified` notes which file had the right hash: another file has
# another inode, and one written to since is no older than the note (strictly older is asked for, as
# some shells compare whole seconds). Someone who can forge that can replace the file after any
# check; look() is what keeps them out.
verified() {
  look "$1" || return 1
  note=$root/${1%/*}/verified
  noted=
  { read -r noted <"$note"; } 2>/dev/null
  [ "$facts" = "$noted" ] && [ "$note" -nt "$root/$1" ] && [ -r "$root/$1" ]
}

check() {
  verified "$runtime_sha/deno" && [ -x "$root/$runtime_sha/deno" ] && verified "$program_sha/$name.mjs"
}

# Succeeds if the SHA-256 of the file $1 is $2.
has_sha() {
  if command -v sha256sum; then
    sum=$(sha256sum <"$1")
  elif command -v shasum; then
    sum=$(shasum -a 256 <"$1")
  else
    sum=$(openssl dgst -sha256 -r <"$1")
  fi >/dev/null 2>&1
  [ "${sum%% *}" = "$2" ]
}

folder() {
  # Another one started at the same time may be quicker.
  [ -d "$1" ] || mkdir "$1" 2>/dev/null || [ -d "$1" ] && return
  why="$why; $1 cannot be created"
  return 1
}

safe() {
  look "$1" && return
  why="$why; $root can be changed by another user"
  return 1
}

# Makes sure that $root/$1/$2 is what this file holds from byte $3 on, $4 bytes long. $1 is its
# SHA-256, so a folder can only ever hold one thing, and programs of any version share a runtime.
provide() {
  folder "${root%/*}" && folder "$root" && safe . && folder "$root/$1" && safe "$1/." || return 1
  verified "$1/$2" && [ -x "$root/$1/$2" ] && return
  # The inode may have changed with a copy of the cache; in a read-only one nothing but the hash can
  # tell.
  if look "$1/$2" && has_sha "$root/$1/$2" "$1" && [ -x "$root/$1/$2" ]; then
    note "$1" 2>/dev/null
    return 0
  fi
  # Left behind by a power cut or SIGKILL, and too old to belong to someone who is unpacking right
  # now.
  find "$root/$1" -name 'temp.*' -mmin +60 -exec rm -f {} + 2>/dev/null
  temp=$(mktemp "$root/$1/temp.XXXXXX" 2>/dev/null) || {
    temp=
    why="$why; $root cannot be written to"
    return 1
  }
  # Opened here and not by the child, which could otherwise create it anew after a signal has had it
  # removed; in the background, because a shell runs no trap before a foreground command has ended.
  exec 3>"$temp"
  { tail -c "+$3" "$0" | head -c "$4" | gzip -dc >&3; } 2>/dev/null &
  child=$!
  wait "$child"
  unpacked=$?
  child=
  exec 3>&-
  if [ "$unpacked" != 0 ] || ! has_sha "$temp" "$1"; then
    why="$why; $root has no room, or $0 is damaged"
  elif ! chmod 700 "$temp" || ! runs "$temp" "$2"; then
    why="$why; no program can be run from $root"
  elif look "$1/${temp##*/}" && touch -t 200001010000 "$temp" &&
    { [ ! -d "$root/$1/$2" ] || rm -rf "${root:?}/$1/$2"; } && mv -f "$temp" "$root/$1/$2"; then
    temp=
    note "$1" 2>/dev/null
    return 0
  fi
  rm -f "$temp"
  temp=
  return 1
}

# Some shells' `test -x` knows nothing of a mount without execution, and none of a missing C
# library.
runs() {
  [ "$2" != deno ] || "$1" --version </dev/null >/dev/null 2>&1
}

# Notes $facts as verified. A half-written note matches nothing, so a rename is for readers of the
# old one.
note() {
  temp=$(mktemp "$root/$1/temp.XXXXXX") && echo "$facts" >"$temp" && mv -f "$temp" "$root/$1/verified" || rm -f "$temp"
  temp=
}

unpack() {
  provide "$runtime_sha" deno "$runtime_from" "$runtime_length" &&
    provide "$program_sha" "$name.mjs" "$program_from" "$program_length" &&
    { [ -d "$root/deno_dir" ] || mkdir "$root/deno_dir" 2>/dev/null || :; }
}

stop() {
  [ -z "$child" ] || kill "$child" 2>/dev/null
  [ -z "$temp" ] || rm -f "$temp"
  exit "$1"
}

if ! each_root check; then
  trap 'stop 129' HUP
  trap 'stop 130' INT
  trap 'stop 143' TERM
  mask=$(umask)
  umask 077
  size=$(wc -c <"$0")
  if [ "$size" -ne "$whole_size" ]; then
    echo "$name: $0 is damaged: $((size)) bytes, wanted $whole_size" >&2
    exit 1
  fi
  each_root unpack || {
    echo "$name: cannot unpack itself: ${why#; } (XDG_CACHE_HOME names another folder)" >&2
    exit 1
  }
  umask "$mask"
  trap - HUP INT TERM
fi

# These change what `deno run` does, and have no business with a finished program.
unset DENO_AUDIT_PERMISSIONS DENO_AUTO_SERVE DENO_COMPAT DENO_CONDITIONS DENO_COVERAGE_DIR DENO_LOG \
  DENO_PERMISSION_BROKER_PATH
export DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
# Its own folder: V8's compiled code is kept there, and the user's Deno cache stays as it is.
export DENO_DIR="$root/deno_dir"
# Deno ends if it cannot read .npmrc there, which is so in another user's home. The program may not
# see it anyway.
export HOME="$root"
exec "$root/$runtime_sha/deno" run @FLAGS@ "$root/$program_sha/$name.mjs" "$@"
exit 1
