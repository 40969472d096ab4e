"""What other programs need to serve a tree: a unit for systemd, a configuration for nginx."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Iterator, List

from resolver.server.descriptors import MAX_CONNECTIONS
from resolver.server.layout import UPLOADS
from resolver.server.limits import MAX_FORM, STOP_SECONDS
from resolver.server.messages import fail
from resolver.server.options import add_serving_options

SYSTEMD = """\
# Put this into /etc/systemd/system/wheelhouse.service, and make the user first:
#   useradd --system --no-create-home wheelhouse
#   install -d -o wheelhouse {uploads}
# then: systemctl enable --now wheelhouse
[Unit]
Description=Python packages from {tree}
After=network-online.target
Wants=network-online.target

[Service]
User=wheelhouse
ExecStart={command}
Restart=on-failure
TimeoutStopSec={stop}
LimitNOFILE={descriptors}
MemoryMax=1G
UMask=0022
ReadWritePaths=-{uploads}
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=true
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
LockPersonality=true
MemoryDenyWriteExecute=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


NGINX = """\
# Serves {tree} as files: nginx answers all readers, and needs no Python.
# Put this into /etc/nginx/conf.d/wheelhouse.conf. Uploads go to a server.py behind it: uncomment below.
map $http_accept $wheelhouse_page {{
    default index.html;
    "~application/vnd\\.pypi\\.simple\\.(v1|latest)\\+json(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))" index.json;
}}

server {{
    listen {listen};
    root "{tree}";
    server_tokens off;
    charset off;
    disable_symlinks on;

    location = / {{ return 302 /simple/; }}
    location ~ ^/simple(/[^/]+)?$ {{ return 301 $uri/; }}
    location ~ ^/simple/(?<wheelhouse_project>([^/]+/)?)$ {{
        # Projects of the lock come first: an upload stands in for none of them.
        try_files /simple/$wheelhouse_project$wheelhouse_page /uploads/simple/$wheelhouse_project$wheelhouse_page =404;
        types {{ text/html html; application/vnd.pypi.simple.v1+json json; }}
        add_header Vary Accept always;
        add_header Cache-Control no-cache always;
        add_header X-Content-Type-Options nosniff always;
    }}
    location ~ ^/files/[^/.][^/]*\\.provenance$ {{
        # Who vouches for a file may change under its name.
        types {{ application/vnd.pypi.integrity.v1+json provenance; }}
        add_header Cache-Control max-age=60;
    }}
    location ~ ^/files/[^/.][^/]*$ {{
        types {{ text/plain metadata; }}
        default_type application/octet-stream;
        add_header Cache-Control "max-age=31536000, immutable";
    }}
    location ~ ^/files/([^/.][^/]*)/([^/.][^/]*)/[^/.][^/]*\\.(whl|gz|zip|metadata)$ {{
        # No file of a project that the lock has by now.
        if (-d "{tree}/simple/$1") {{ return 404; }}
        rewrite ^/files/(.*)$ /uploads/files/$1 break;
        types {{ text/plain metadata; }}
        default_type application/octet-stream;
        add_header Cache-Control "max-age=31536000, immutable";
    }}
    location ~ ^/(lock|manifest)\\.json$ {{ types {{ application/json json; }} }}
    location / {{ return 404; }}

    # Uploads:
    # client_max_body_size {max_upload}m;
    # location ~ ^/legacy/?$ {{
    #     proxy_pass http://{host}:{port};
    #     proxy_http_version 1.1;
    #     proxy_request_buffering off;
    #     proxy_set_header Host $http_host;
    #     proxy_set_header X-Forwarded-Proto $scheme;
    #     proxy_read_timeout 300s;
    # }}
}}
"""


def print_configuration(argv: List[str], home: str) -> int:
    """`server.py print`: what other programs need to serve this tree."""
    parser = argparse.ArgumentParser(
        prog="server.py print", description="Print a hardened systemd unit, or an nginx configuration, for this tree."
    )
    parser.add_argument("what", choices=("systemd", "nginx"))
    parser.add_argument("directory", nargs="?", default=home, help="the tree (default: where this file lies)")
    parser.add_argument("--listen", default="80", help="nginx: address or port (default: %(default)s)")
    add_serving_options(parser)
    args = parser.parse_args(argv)
    tree = os.path.abspath(args.directory)
    command = [sys.executable, os.path.join(tree, "server.py"), tree, *_options_of(args, parser)]
    for word in [tree] if args.what == "nginx" else command:
        if re.search(r"[\s\"'$\\%]", word):
            return fail("{!r}: such characters are not safe in a configuration".format(word), 2)
    if args.what == "nginx":
        text = NGINX.format(
            tree=tree, listen=args.listen, host=args.host, port=args.port, max_upload=args.max_upload + (MAX_FORM >> 20)
        )
    else:
        text = SYSTEMD.format(
            tree=tree,
            uploads=os.path.join(tree, UPLOADS),
            command=" ".join(command),
            stop=int(STOP_SECONDS) + 10,
            descriptors=3 * MAX_CONNECTIONS,
            home="read-only"
            if any(re.match(r"/(home|root|run/user)/", one) for one in (tree, sys.executable))
            else "true",
            capabilities="CAP_NET_BIND_SERVICE" if 0 < args.port < 1024 else "",
        )
    sys.stdout.write(text)
    return 0


def _options_of(args: argparse.Namespace, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The options that were given, as they would be given to the server; paths become absolute."""
    for name, value in sorted(vars(args).items()):
        if name in ("what", "directory", "listen") or value == parser.get_default(name):
            continue
        yield "--" + name.replace("_", "-")
        if value is not True:
            yield os.path.abspath(value) if name in ("tokens", "tls_cert", "tls_key") else str(value)
