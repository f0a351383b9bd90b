"""Asks a server for each size of a request, and measures the packets on the link.

    python3 packet_lengths.py INTERFACE ADDRESS PORT...

A JSON object a request: its port and octets, and the IP lengths (headers included) of the request's
packets and of the reply's. An NTP request is 48 octets of version 4, mode 3.
"""

import json
import socket
import sys

interface, address, *ports = sys.argv[1:]
is_ipv6 = ":" in address
ETH_P_ALL, PACKET_OUTGOING = 3, 4
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
link.bind((interface, ETH_P_ALL))


def udp_packets():
    """Each packet's ports, its length and whether it left, until nothing is on its way any more."""
    link.settimeout(0.5)
    while True:
        try:
            packet, (_, _, kind, *_) = link.recvfrom(65536)
        except TimeoutError:
            return
        version = packet[0] >> 4
        if version == 4 and packet[9] == socket.IPPROTO_UDP:
            start, length = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
        elif version == 6 and packet[6] == socket.IPPROTO_UDP:
            start, length = 40, 40 + int.from_bytes(packet[4:6], "big")
        else:
            continue
        source = int.from_bytes(packet[start : start + 2], "big")
        target = int.from_bytes(packet[start + 2 : start + 4], "big")
        yield source, target, length, kind == PACKET_OUTGOING


exchanges = {}
for port in map(int, ports):
    for request in (b"", b"?", bytes([0x23]) + bytes(39) + bytes(range(1, 9))):
        client = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        client.sendto(request, (address, port))
        exchange = {"port": port, "octets": len(request), "asked": [], "answered": []}
        # The socket stays open: a reply to nobody would be refused by another packet.
        exchanges[client.getsockname()[1], port] = exchange, client
for source, target, length, left in udp_packets():
    key = (source, target) if left else (target, source)
    if key in exchanges:
        exchanges[key][0]["asked" if left else "answered"].append(length)
for exchange, _ in exchanges.values():
    print(json.dumps(exchange))
