"""A plain asctime server to compare with: python3 asctime_server.py PORT."""

import socket
import sys
import time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    _, client = server.recvfrom(2048)
    server.sendto(time.asctime().encode(), client)
