#!/bin/sh
# @NAME@: this script, followed by the program's modules and the Deno runtime, each compressed with
# gzip. The first run unpacks them into a cache folder; later runs only check them.

name=@NAME@
whole_size=@WHOLE_SIZE@
runtime=@RUNTIME@
program=@PROGRAM@
folders="@FOLDERS@"
files="@FILES@"
# One line per file: path, SHA-256, position of its first byte in this file, length.
payloads="
@PAYLOADS@
"

# The caller's PATH may contain only the folder of this file.
PATH=${PATH:+$PATH:}/usr/bin:/bin
temp=
child=
why=

@ENVIRONMENT@

# Calls $1 with each possible cache folder, $own in the folder $place, until it succeeds.
each_place() {
  own=timesrv
  # The XDG base directory specification requires that a relative XDG_CACHE_HOME is ignored.
  case ${XDG_CACHE_HOME-} in /*) place=$XDG_CACHE_HOME && "$1" && return ;; esac
  own=timesrv
  case ${HOME-} in /*) place=$HOME/.cache && "$1" && return ;; esac
  place=/tmp
  case ${TMPDIR-} in /*) [ -d "$TMPDIR" ] && place=$TMPDIR ;; esac
  own=timesrv-$(id -u)
  "$1"
}

# Succeeds if only this user and root can change the folder $place, $own in it (if not empty), the
# given paths below that, and what leads there. Another user who can write to one of the folders could
# replace the executable: in /tmp any local user could, and under sudo with $HOME kept the user who
# called it. Links are resolved here, once: $root is then the physical path of the folder, which no
# other user can redirect. Leaves inode, owner and size of each file in $facts, and in $fault why it
# failed.
look() {
  fault="$place${own:+/$own} cannot be entered"
  found=$(
    exec 2>/dev/null
    # These change what `ls` prints.
    unset TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE
    cd -P "$place/" || exit
    if [ "$own" ]; then
      above=${PWD%/}
      cd -P "./$own" || exit
      # Another user could have it lead to a folder of this user's that is not a cache.
      [ "$PWD" = "$above/$own" ] || {
        echo "is a link"
        exit
      }
    fi
    case $PWD in *"$newline"*) exit ;; /*) ;; *) exit ;; esac
    # Each folder above, seen from the one that was entered: its path might lead elsewhere by now.
    up=..
    left=${PWD%/}
    while [ "$left" ]; do
      set -- "$@" "$up"
      up=$up/..
      left=${left%/*}
    done
    [ -O . ] && mine=yes || mine=no
    printf '%s\n' "$(($# + 1)) $mine $PWD"
    # Names without spaces, split into words below, because `read` reads a pipe octet by octet. One
    # `ls` only: it takes as long as the rest of a start.
    LC_ALL=C exec ls -ldin . "$@"
  )
  case $found in
    "") return 1 ;;
    "is a link")
      fault="$place/$own is a link"
      return 1
      ;;
  esac
  left=${found%%"$newline"*}
  root=${left#* }
  mine=${root%% *}
  root=${root#* }
  left=${left%% *}
  fault="another user can change $root or a folder above it"
  # shellcheck disable=SC2086 # ten words per line
  set -- ${found#*"$newline"}
  facts=
  user=
  user_here=
  # Inode, mode, links, owner, group, size, three of the date, name.
  while [ $# -ge 10 ]; do
    case $4 in 0 | "$user") ;; *) [ -z "$user" ] && user=$4 || return 1 ;; esac
    [ "${10}" != . ] || user_here=$4
    case $own/${10} in
      */..* | /.)
        # Above our own folder: others may have write access where the sticky bit keeps them from
        # renaming our files, and so may the group of this user alone, whose number is the user's
        # on many systems. `+` stands for an access list, which may name further users.
        case $2 in
          ?????????[tT]*) ;;
          ????????w* | ?????w*+) return 1 ;;
          ?????w*) [ "$4" = "$5" ] && [ "$4" != 0 ] || return 1 ;;
        esac
        ;;
      *)
        case $2 in l* | ?????w* | ????????w*) return 1 ;; esac
        case $2 in -*) facts="$facts$1 $4 $6," ;; esac
        ;;
    esac
    shift 10
    left=$((left - 1))
  done
  [ "$left" = 0 ] || return 1
  # All owners but root are one; it is this user if it owns the folder that was entered.
  [ -z "$user" ] || { [ "$mine" = yes ] && [ "$user" = "$user_here" ]; }
}

# Succeeds if all files are the ones that were verified before. Hashing 96 MB takes ten times as long
# as the rest of a start, so a note lists the files that had the right hash: a replaced file has
# another inode, and a file written since is not older than the note (strictly older, because some
# shells compare whole seconds). An attacker who can forge that can also replace a file after any
# check; look() excludes such users.
check() {
  # shellcheck disable=SC2086 # no name contains a space
  look $folders $files || return 1
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
  # Another process started at the same time may have created it.
  [ -d "$1" ] || mkdir "$1" 2>/dev/null || [ -d "$1" ] && return
  why="$why; $1 cannot be created"
  return 1
}

safe() {
  look "$@" && return
  why="$why; $fault"
  return 1
}

# Removes what a power cut or SIGKILL left behind, if it is too old to belong to another process that is
# unpacking, and the files of other versions that nothing has read or changed for 90 days. Where the file
# system notes no readings, a version in use may go as well: its next start unpacks it again.
clean() {
  find "$root" -maxdepth 2 -type f -name 'temp.*' -mmin +60 -exec rm -f {} +
  for old in "$root"/*; do
    case ${old##*/} in *[!0-9a-f]*) continue ;; esac
    case " $folders " in *" ${old##*/} "*) continue ;; esac
    [ -d "$old" ] && [ ! -L "$old" ] || continue
    recent=$(find "$old" -type f '(' -atime -90 -o -ctime -90 ')') || continue
    [ "$recent" ] || rm -rf "$old"
  done
} 2>/dev/null

is_right() {
  look "${1%/*}" "$1" && has_sha "$root/$1" "$2" && [ -x "$root/$1" ]
}

# Ensures that $root/$1 is the file that starts at byte $3 here, $4 bytes long, with the SHA-256 $2.
# Folders are named by the hash of their contents, so programs of different versions share a runtime.
provide() {
  folder "$root/${1%/*}" && safe "${1%/*}" || return 1
  is_right "$@" && return
  # `ps` shows the name of the file, so each program has a name of its own for the runtime.
  if [ "$1" = "$runtime" ] && [ ! -e "$root/$1" ]; then
    for other in "$root/${1%/*}"/time???; do
      ln "$other" "$root/$1" 2>/dev/null && is_right "$@" && return
    done
  fi
  temp=$(mktemp "$root/${1%/*}/temp.XXXXXX" 2>/dev/null) || {
    temp=
    why="$why; $root cannot be written to"
    return 1
  }
  # Opened here, because the child could create it again after a signal handler has removed it; in the
  # background, because a shell runs no trap before a foreground command has ended.
  exec 3>"$temp"
  { unset GZIP; tail -c "+$3" "$0" | head -c "$4" | gzip -dc >&3; } 2>/dev/null &
  child=$!
  wait "$child"
  unpacked=$?
  child=
  exec 3>&-
  if [ "$unpacked" != 0 ] || ! has_sha "$temp" "$2"; then
    why="$why; $root has no room, or $0 is damaged"
  elif ! chmod 700 "$temp" || ! runs "$temp" "$1"; then
    why="$why; no program can be run from $root"
  # Older than the note even where the clock begins in 1970 at each start of the machine.
  elif TZ=UTC0 touch -t 197001010000 "$temp" &&
    { [ ! -d "$root/$1" ] || rm -rf "${root:?}/$1"; } && mv -f "$temp" "$root/$1"; then
    temp=
    return 0
  fi
  rm -f "$temp"
  temp=
  return 1
}

# `test -x` does not detect a missing C library and, in some shells, a file system mounted noexec. Only the
# latter is a matter of the folder.
runs() {
  [ "$2" = "$runtime" ] || return 0
  said=$("$1" --version </dev/null 2>&1)
  case $? in
    0) return ;;
    126) return 1 ;;
    127) fail "needs glibc 2.27 or newer, which this system lacks" ;;
    *) fail "its runtime does not start: ${said%%"$newline"*}" ;;
  esac
}

# Notes that the files are verified. The rename is for readers of an older note: a half-written one
# matches nothing.
note() {
  # shellcheck disable=SC2086 # no name contains a space
  look $folders $files || return 1
  temp=$(mktemp "$root/${program%/*}/temp.XXXXXX") && echo "$facts" >"$temp" &&
    mv -f "$temp" "$root/${program%/*}/verified" || rm -f "$temp"
  temp=
}

# Creates a folder only in one that no other user can change, and by its physical path.
unpack() {
  leaf=$own
  own=
  while [ "$place" != "${place%/}" ]; do place=${place%/}; done
  if [ ! -d "$place/" ]; then
    new=${place##*/}
    place=${place%/*}
    safe && folder "${root%/}/$new" || return 1
    place=${root%/}/$new
  fi
  safe && folder "${root%/}/$leaf" || return 1
  place=$root
  own=$leaf
  safe || return 1
  clean
  # shellcheck disable=SC2086 # four words per file
  set -- $payloads
  while [ $# -gt 0 ]; do
    provide "$1" "$2" "$3" "$4" || return 1
    shift 4
  done
  # A read-only cache has no note, or one of other inodes; then every start hashes all files.
  note 2>/dev/null
  [ -d "$root/deno_dir" ] || mkdir "$root/deno_dir" 2>/dev/null || :
}

stop() {
  [ -z "$child" ] || kill "$child" 2>/dev/null
  [ -z "$temp" ] || rm -f "$temp"
  exit "$1"
}

fail() {
  echo "$name: $1" >&2
  stop 1
}

if ! each_place check; then
  trap 'stop 129' HUP
  trap 'stop 130' INT
  trap 'stop 143' TERM
  mask=$(umask)
  umask 077
  size=$(wc -c <"$0")
  [ "$size" -eq "$whole_size" ] || fail "$0 is damaged: $((size)) bytes, wanted $whole_size"
  # Called, because busybox claims to know commands that it cannot find.
  gzip --help >/dev/null 2>&1
  [ $? -ne 127 ] || fail "needs gzip to unpack itself, which this system lacks"
  each_place unpack ||
    fail "cannot unpack itself: ${why#; } (XDG_CACHE_HOME names another folder)"
  umask "$mask"
  trap - HUP INT TERM
fi

# A folder of its own for V8's compiled code; the user's Deno cache stays unchanged.
export DENO_DIR="$root/deno_dir"
# Deno exits if it cannot read $HOME/.npmrc, as in another user's home. The program has no permission
# to read HOME anyway.
export HOME="$root"
exec "$root/$runtime" run @FLAGS@ "$root/$program" "$@"
exit 1
