newline='
'

# Deno, Node's API in it, OpenTelemetry, Rust and ICU obey variables that were meant for other
# programs: they open sockets, load code, or end a finished program. By pattern, because each version
# of Deno reads others. A line of another variable's value may look like one of these; a name without
# a variable is harmless here.
unset SSLKEYLOGFILE
exported=$(export -p)
case $exported in
  *DENO_* | *NODE_* | *OTEL_* | *RUST_* | *TOKIO_* | *ICU_* | *NPM_CONFIG_* | *JSR_*)
    set -f
    IFS=$newline
    for line in $exported; do
      line=${line%%=*}
      line=${line##* }
      case $line in
        *[!A-Za-z0-9_]*) ;;
        DENO_* | NODE_* | OTEL_* | RUST_* | TOKIO_* | ICU_* | NPM_CONFIG_* | JSR_*) unset "$line" ;;
      esac
    done
    unset IFS
    set +f
    ;;
esac

export DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
# One heap for all threads: a thread's own, of which most stays unused, keeps 3 MB resident. No thread
# allocates per datagram.
export MALLOC_ARENA_MAX=1
