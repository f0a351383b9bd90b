#!/bin/sh
# @NAME@: one file made of this script, the program's modules and the Deno runtime that runs them.
# It unpacks all into a cache folder, once, and from then on only checks them.
# They follow the last line, each compressed with gzip.

name=@NAME@
whole_size=@WHOLE_SIZE@
runtime=@RUNTIME@
program=@PROGRAM@
files="@FILES@"
# Of each file: its SHA-256, its first byte here, and how many there are.
payloads="
@PAYLOADS@
"

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

# Succeeds if nobody but us and root can change what the given paths (below $root) are. Whoever can
# write to one of the folders could put an executable of their own there: in /tmp that is any local
# user, and under sudo with $HOME kept it is the user who called it. Leaves inode, owner and size of
# each in $facts.
look() {
  own=${root##*/}
  left=$#
  while [ "$left" -gt 0 ]; do
    set -- "$@" "$own/${1%/*}" "$own/$1"
    shift
    left=$((left - 1))
  done
  left=$(($# + 3))
  # Named from the folder above, so that no name has a space in it; as words, for `read` takes what
  # comes from a command octet by octet; and one `ls`, which takes as long as the rest of a start.
  # shellcheck disable=SC2046 -- ten words a line
  set -- $(cd "${root%/*}/" 2>/dev/null && LC_ALL=C ls -ldin . .. "$own" "$@" 2>/dev/null)
  facts=
  # Inode, mode, links, owner, group, size, three of the date, name.
  while [ $# -ge 10 ]; do
    [ -O "${root%/*}/${10}" ] || [ "$4" = 0 ] || return 1
    case ${10} in
      . | .. | */.)
        # Above our own folder: a group may be trusted (many systems give each user one), the world
        # only if the sticky bit keeps it from renaming what is ours.
        case $2 in ????????w[!tT]*) return 1 ;; esac
        ;;
      *)
        case $2 in l* | ?????w* | ????????w*) return 1 ;; esac
        case $2 in -*) facts="$facts$1 $4 $6," ;; esac
        ;;
    esac
    shift 10
    left=$((left - 1))
  done
  [ "$left" = 0 ]
}

# Succeeds if all files are what was once verified. Hashing 96 MB takes ten times as long as all the
# rest of a start, so a note tells which files had the right hash: another file has another inode,
# and one written to since is no older than the note (strictly older is asked for, as some shells
# compare whole seconds). Someone who can forge that can replace a file after any check; look() is
# what keeps them out.
check() {
  # shellcheck disable=SC2086 -- no name in it has a space
  look $files || return 1
  note=$root/${program%/*}/verified
  noted=
  { read -r noted <"$note"; } 2>/dev/null
  [ "$facts" = "$noted" ] || return 1
  for file in $files; do
    [ "$note" -nt "$root/$file" ] && [ -r "$root/$file" ] && [ -x "$root/$file" ] || return 1
  done
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
  look "$@" && return
  why="$why; $root can be changed by another user"
  return 1
}

# Makes sure that $root/$1 is what this file holds from byte $3 on, $4 bytes long, with the SHA-256
# $2. Folders are called by what is in them, so each can only ever hold one thing, and programs of any
# version share a runtime.
provide() {
  folder "$root/${1%/*}" && safe "${1%/*}/." || return 1
  look "$1" && has_sha "$root/$1" "$2" && [ -x "$root/$1" ] && return
  # Left behind by a power cut or SIGKILL, and too old to belong to someone who is unpacking right
  # now.
  find "$root/${1%/*}" -name 'temp.*' -mmin +60 -exec rm -f {} + 2>/dev/null
  temp=$(mktemp "$root/${1%/*}/temp.XXXXXX" 2>/dev/null) || {
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
  if [ "$unpacked" != 0 ] || ! has_sha "$temp" "$2"; then
    why="$why; $root has no room, or $0 is damaged"
  elif ! chmod 700 "$temp" || ! runs "$temp" "$1"; then
    why="$why; no program can be run from $root"
  elif touch -t 200001010000 "$temp" &&
    { [ ! -d "$root/$1" ] || rm -rf "${root:?}/$1"; } && mv -f "$temp" "$root/$1"; then
    temp=
    return 0
  fi
  rm -f "$temp"
  temp=
  return 1
}

# Some shells' `test -x` knows nothing of a mount without execution, and none of a missing C
# library.
runs() {
  [ "$2" != "$runtime" ] || "$1" --version </dev/null >/dev/null 2>&1
}

# Notes that what is there is right. A half-written note matches nothing, so a rename is for readers of
# the old one.
note() {
  # shellcheck disable=SC2086 -- no name in it has a space
  look $files || return 1
  temp=$(mktemp "$root/${program%/*}/temp.XXXXXX") && echo "$facts" >"$temp" &&
    mv -f "$temp" "$root/${program%/*}/verified" || rm -f "$temp"
  temp=
}

unpack() {
  folder "${root%/*}" && folder "$root" && safe || return 1
  # shellcheck disable=SC2086 -- four words a file
  set -- $payloads
  while [ $# -gt 0 ]; do
    provide "$1" "$2" "$3" "$4" || return 1
    shift 4
  done
  # In a cache that is read-only there is none, or one of other inodes; then all is hashed each time.
  note 2>/dev/null
  [ -d "$root/deno_dir" ] || mkdir "$root/deno_dir" 2>/dev/null || :
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
exec "$root/$runtime" run @FLAGS@ "$root/$program" "$@"
exit 1
