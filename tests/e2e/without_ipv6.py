"""Runs a command as on a kernel without IPv6: socket(AF_INET6, ...) fails with EAFNOSUPPORT."""
import ctypes
import errno
import os
import platform
import socket
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
SYSCALL, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data

socket_call = {"x86_64": 41, "aarch64": 198}[platform.machine()]
program = b"".join(struct.pack("HBBI", *instruction) for instruction in [
    (LOAD_WORD, 0, 0, SYSCALL),
    (JUMP_IF_EQUAL, 0, 3, socket_call),
    (LOAD_WORD, 0, 0, FIRST_ARGUMENT),
    (JUMP_IF_EQUAL, 0, 1, socket.AF_INET6),
    (RETURN, 0, 0, SECCOMP_RET_ERRNO | errno.EAFNOSUPPORT),
    (RETURN, 0, 0, SECCOMP_RET_ALLOW),
])
octets = ctypes.create_string_buffer(program)
header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(octets))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
