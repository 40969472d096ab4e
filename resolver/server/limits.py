"""What the server takes, keeps and waits for at most. Sizes are bytes."""

from __future__ import annotations

MAX_HEAD = 16 * 1024  # bytes of a request line and its headers
HEAD_SECONDS = 10.0  # for a whole head to arrive, however slowly
IDLE_SECONDS = 60.0  # for a kept connection to ask again
SEND_SECONDS = 60.0  # for a client to take some bytes
BODY_SECONDS = 30.0  # for a client to send some bytes of a body
SLOWEST = 1024  # bytes a second: whoever is slower for longer than those seconds is cut off
STOP_SECONDS = 30.0  # for answers under way when the server is told to stop
LINGER_SECONDS = 1.0  # for a refused client to read why, before its connection is cut
MAX_DISCARDED = 1 << 30  # bytes of a refused body: many clients read no answer before they have sent all
TURN_BYTES = 4 << 20  # after so many bytes of a transfer a worker turns to the next connection
BLOCK = 256 * 1024  # bytes that are read or received at once
VERIFIED_SIZE = 1 << 20  # bytes: pages and small files are hashed before they are sent; clients hash the larger ones

MAX_UPLOAD = 1 << 30  # bytes of an uploaded file, unless told otherwise
MAX_UPLOADS = 256  # that arrive at once
MAX_FORM = 16 << 20  # bytes of a form beside its file: the description of a project is the longest of it
MAX_FIELD = 4096  # bytes of a field that is kept
MAX_PART_HEAD = 8192  # bytes of the headers of a field
MAX_FIELDS = 20_000
MAX_MEMBERS = 100_000  # of an archive
MAX_PATH = 1024  # bytes of a member's path
MAX_DIRECTORY = 8 << 20  # bytes of a zip's directory, all of which is in memory
MAX_METADATA = 16 << 20  # bytes of a METADATA, of a RECORD, of an extended header of a tar
MAX_UNPACKED = 8 << 30  # bytes of all that is in an archive
MAX_FILENAME = 240  # a file's name with .metadata behind it must be one of any file system
