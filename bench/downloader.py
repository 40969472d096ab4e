"""As plain as a parallel downloader can be: ``downloader.py URLS FOLDER THREADS``; a line of URLS is an URL and a name.

It checks nothing and keeps nothing in order: whoever carries files with care is measured by how near he comes to it.
"""

import http.client
import os
import queue
import sys
import threading
from urllib.parse import urlsplit


def work(waiting: "queue.SimpleQueue[list[str]]", folder: str) -> None:
    """Write one file after the other over one connection, until none is left."""
    connection = None
    while True:
        try:
            url, name = waiting.get_nowait()
        except queue.Empty:
            return
        parts = urlsplit(url)
        connection = connection or http.client.HTTPConnection(parts.netloc)
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        with open(os.path.join(folder, name), "wb") as stream:
            while chunk := answer.read(1 << 20):
                stream.write(chunk)


def main(urls: str, folder: str, threads: str) -> None:
    """Download all."""
    waiting: "queue.SimpleQueue[list[str]]" = queue.SimpleQueue()
    with open(urls, encoding="utf-8") as lines:
        for line in lines:
            waiting.put(line.split())
    workers = [threading.Thread(target=work, args=(waiting, folder)) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
