"""The classic exercise's client: asks once and prints what comes back.

    python3 time_client.py PORT
"""

import socket
import sys

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(5)
client.sendto(b"Time request", ("127.0.0.1", int(sys.argv[1])))
reply, server = client.recvfrom(1024)
print("Reply from time server:", reply.decode())
