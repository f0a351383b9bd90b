#!/usr/bin/env bash
# Brings the programs that the tests talk to: Debian, root. None of them is started as a service.
#
# Time daemons conflict with each other, and so do inetds: those are unpacked into a folder
# (TIMESRV_PEERS) instead of being installed, which leaves this machine's own time service alone.
set -euo pipefail

peers=${TIMESRV_PEERS:-/var/tmp/timesrv-peers}

installed=(
  python3 zsh fish iproute2 util-linux busybox-static
  rdate netcat-openbsd tshark wireshark-common
  # Manual pages are held against both of their formatters.
  mandoc groff-base
  # A terminal that tells what it shows, and who runs in it.
  tmux procps
  # The firewall of a test.
  nftables
  # A clock that steps, and the judge of a unit file; neither starts anything.
  faketime systemd
  # The examples of docs/testing.md are run.
  golang-go
  # Struct layouts are held against a C compiler's.
  gcc libc6-dev
  # What the unpacked ones need.
  libbsd0 libcap2 libedit2 libgnutls30 libnettle8 libseccomp2 libselinux1 libssl3 libtirpc3 libwrap0
  netbase tzdata
)
# Folder, then what is unpacked into it.
unpacked=(
  "chrony chrony"
  "ntpsec ntpsec ntpsec-ntpdig ntpsec-ntpdate python3-ntp"
  "openntpd openntpd"
  "xinetd xinetd"
  "inetutils-inetd inetutils-inetd"
)

# Refused when a lock is held or an archive is stale for a moment.
thrice() {
  "$@" || { sleep 5 && "$@"; } || { sleep 5 && "$@"; }
}

unpack() {
  local folder=$peers/$1 downloads
  shift
  downloads=$(mktemp -d)
  # apt downloads as a user of its own.
  chown _apt "$downloads"
  (cd "$downloads" && thrice apt-get download -qq "$@")
  rm -rf "$folder"
  mkdir -p "$folder"
  for archive in "$downloads"/*.deb; do dpkg-deb --extract "$archive" "$folder"; done
  rm -rf "$downloads"
}

thrice apt-get update -qq
DEBIAN_FRONTEND=noninteractive thrice apt-get install -y -qq --no-install-recommends \
  "${installed[@]}" >/dev/null
for line in "${unpacked[@]}"; do
  read -ra words <<<"$line"
  unpack "${words[@]}"
done

# Python's module looks for the library beside itself, or where it would be installed.
library=$(cd "$peers/ntpsec" && echo usr/lib/*/ntp/libntpc.so)
ln -sf "$peers/ntpsec/$library" "$peers/ntpsec/usr/lib/python3/dist-packages/ntp/"
