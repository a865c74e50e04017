"""The daemon: the one process that writes a store, and answers over a socket.

`loop` owns the socket and the one writer, and commits what is waiting at once. What takes
longer than a write, a command line or a long list, runs in `workers` on connections of its own.
"""
