"""One end of one TCP stream, run inside a namespace by netns_stream.

    stream.py receive ADDRESS               prints "ready", then bytes/s of what follows the first MiB
    stream.py send FROM TO SECONDS          what it sends leaves from the address FROM
"""

import socket
import sys
import time

PORT = 29500
LEAD = 1 << 20  # bytes: full buckets and slow start are over


def receive(address):
    with socket.create_server((address, PORT)) as server:
        server.settimeout(10)
        print("ready", flush=True)
        connection = server.accept()[0]
    buffer = bytearray(1 << 20)
    received, start = 0, None
    connection.settimeout(10)
    while count := connection.recv_into(buffer):
        received += count
        end = time.monotonic()
        if start is None and received >= LEAD:
            first, start = received, end
    print((received - first) / (end - start) if start and end > start else 0)


def send(own, peer, seconds):
    with socket.create_connection((peer, PORT), timeout=10, source_address=(own, 0)) as connection:
        data, end = bytes(1 << 16), time.monotonic() + seconds
        while time.monotonic() < end:
            connection.sendall(data)


if sys.argv[1] == "receive":
    receive(sys.argv[2])
else:
    send(sys.argv[2], sys.argv[3], float(sys.argv[4]))
