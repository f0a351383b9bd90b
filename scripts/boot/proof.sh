#!/bin/sh
# Runs in the booted system: one line per check, which begins with "ok" or "not ok".
export LC_ALL=C HOME=/root

check() {
  name=$1
  shift
  if "$@" >/tmp/output 2>&1; then echo "ok - $name"; else
    echo "not ok - $name"
    sed 's/^/#  /' /tmp/output
  fi
}

property() { systemctl show --property "$1" --value timesrv; }
# Whether a property of the unit has a value, given as a pattern of the shell.
has() {
  value=$(property "$1")
  echo "$1=$value"
  # shellcheck disable=SC2254 # a pattern
  case $value in $2) ;; *) return 1 ;; esac
}
# Whether the kernel says something of the process, with a blank for the tabulator.
process() { tr '\t' ' ' <"/proc/$pid/status" | grep -x "$1"; }
replies() { timecli --timeout 10s "$1" | grep -q '^Stratum'; }
# Waits until the unit was restarted by its watchdog.
restarted() {
  for _ in $(seq 120); do
    [ "$(property NRestarts)" -gt 0 ] && [ "$(property ActiveState)" = active ] && return
    sleep 1
  done
  systemctl status --no-pager timesrv
  return 1
}
refused() {
  timesrv ntp://0.0.0.0:123 2>&1 && return 1
  timesrv ntp://0.0.0.0:123 2>&1 | grep -q '^timesrv: Cannot listen on udp 0.0.0.0:123: the port is already in use'
}

check 'installed, it is not started' has ActiveState inactive
mkdir -p /run/systemd/system/timesrv.service.d
printf '[Service]\nWatchdogSec=5\n' >/run/systemd/system/timesrv.service.d/watchdog.conf
systemctl daemon-reload
check 'it starts: systemd waits for READY=1' systemctl enable --now timesrv
check 'it is active' has ActiveState active
check 'its type is notify' has Type notify
check 'its status names the listeners' has StatusText 'Serving ntp://0.0.0.0:123 ntp://\[::\]:123: *'
pid=$(property MainPID)
check 'it has a user of its own' sh -c "[ \$(stat -c %u /proc/$pid) -ge 61184 ]"
check 'its one capability is to bind low ports' process 'CapEff: 0000000000000400'
check 'its system calls are filtered' process 'Seccomp: 2'
check 'it gains no privileges' process 'NoNewPrivs: 1'
check 'its name is timesrv' grep -x timesrv "/proc/$pid/comm"
check 'it answers on port 123 over IPv4' replies ntp://127.0.0.1
check 'it answers on port 123 over IPv6' replies 'ntp://[::1]'
check 'a second server says that the port is in use' refused
check 'its journal has no ready line' sh -c '! journalctl --no-pager -u timesrv | grep -q "\"event\":\"ready\""'
kill -STOP "$pid"
check 'one that hangs is restarted by the watchdog' restarted
check 'it answers again' replies ntp://127.0.0.1
check 'it stops' systemctl stop timesrv
check 'it ended with success' has Result success
check 'its exit code is 0' has ExecMainStatus 0
check 'it keeps a cache' test -d /var/cache/private/timesrv
check 'it is removed' dpkg --purge timesrv
check 'nothing of it is left' sh -c '! ls -d /var/cache/timesrv /var/cache/private/timesrv /usr/lib/timesrv /lib/systemd/system/timesrv.service 2>/dev/null | grep .'
echo 'end of the checks'
sync
systemctl poweroff --force --force
