#!/bin/sh
# Starts @NAME@ with the Deno in ../lib/timesrv, from any folder and through any links.

@ENVIRONMENT@

# `readlink -f` is not everywhere.
file=$0
case $file in */*) ;; *) file=./$file ;; esac
while [ -L "$file" ]; do
  link=$(readlink "$file") || exit
  case $link in /*) file=$link ;; *) file=${file%/*}/$link ;; esac
done
unset CDPATH
folder=$(cd -P "${file%/*}/../lib/timesrv" && pwd -P) || exit

# V8's compiled code is read from a folder that belongs to this user, and so does the one above it: under
# sudo with $HOME kept, the user who called it could exchange the code. Without one a start takes 60 ms
# longer.
own() {
  [ -d "$1" ] || mkdir -m 700 "$1" 2>/dev/null
  [ -O "$1" ] && [ ! -L "$1" ]
}
DENO_DIR=/dev/null/none
cache=
if [ -d "$folder/deno_dir" ]; then
  # Filled when it was installed, such as in an image.
  DENO_DIR=$folder/deno_dir
else
  # The XDG base directory specification requires that a relative XDG_CACHE_HOME is ignored.
  case ${XDG_CACHE_HOME-} in
    /*) [ -O "$XDG_CACHE_HOME" ] && cache=$XDG_CACHE_HOME ;;
    *) case ${HOME-} in /*) [ -O "$HOME" ] && own "$HOME/.cache" && cache=$HOME/.cache ;; esac ;;
  esac
  [ "$cache" ] && own "$cache/timesrv" && DENO_DIR=$cache/timesrv/deno_dir
fi
export DENO_DIR
# Deno exits if it cannot read $HOME/.npmrc, as in another user's home. The program has no permission
# to read HOME anyway.
export HOME="$folder"

# The shell would say that the program is not there.
loader=@LOADER@
[ -z "$loader" ] || [ -e "$loader" ] || {
  echo "@NAME@: needs glibc 2.27 or newer, which this system lacks" >&2
  exit 1
}
exec "$folder/@NAME@" run @FLAGS@ "$folder/@NAME@.mjs" "$@"
