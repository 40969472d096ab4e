"""What a server finds in a tree beside the lock's files. Uploads: private files, in a folder that no lock knows of.

    uploads/files/PROJECT/KEY/FILENAME            the file; KEY is the name that all its spellings share
                             /FILENAME.metadata   METADATA of a wheel
                             /upload.json         what is known of it, and who brought it
                             /yanked              where it is yanked: the reason
    uploads/simple/...                            pages for static web servers, made from the above
    uploads/.incoming/...                         what has not arrived, or is not published
    uploads/.lock                                 held by who changes anything here, for moments

A file is published by renaming its whole folder, which only one can do and which is done or not done. A project of
the lock has no place here: it cannot be uploaded to, and where one is found all the same, it is not read.

A tree that came by `wheelhouse unpack` may be between two states, for a moment or since that was killed: SWITCH lies in
it as long.

Imports nothing, so that whoever needs a name of these pays for nothing more.
"""

from __future__ import annotations

UPLOADS = "uploads"
SWITCH = ".received/switch.json"
INCOMING = ".incoming"
RECORD = "upload.json"
YANKED = "yanked"
