"""The classic exercise's server, and servers a little beside it.

    python3 time_server.py BEHAVIOUR

Prints its port, then `Time request from …` for each datagram.
"""

import socket
import sys
import time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("port", server.getsockname()[1], file=sys.stderr, flush=True)


def answer(text, client):
    server.sendto(text, client)


behaviours = {
    "classic": answer,
    "line-feed": lambda text, client: answer(text + b"\n", client),
    "carriage-return": lambda text, client: answer(text + b"\r\n", client),
    "zero": lambda text, client: answer(text + b"\0", client),
    "garbage": lambda text, client: answer(b"\x1b[31mNot\na time\xff", client),
    "empty": lambda text, client: answer(b"", client),
    "other-port": lambda text, client: stranger.sendto(text, client),
    "twice": lambda text, client: (answer(text, client), answer(text, client)),
    "silent": lambda text, client: None,
}
behave = behaviours[sys.argv[1]]
while True:
    request, client = server.recvfrom(1024)
    print("Time request from", client, request.decode(), file=sys.stderr, flush=True)
    behave(time.asctime().encode(), client)
