"""A project page in HTML (PEP 503, with PEP 592, 629, 658, 714 and 740) to its value. Raises `Malformed` alone.

Every anchor whose URL names a file is a file of the project. The file's name is the last segment of that URL: the
text of the anchor, which should repeat it, is often shortened by those who write pages. Anchors without ``href``,
and those that lead to a directory or to a place in a page (``../``, ``?C=N;O=D``, ``#top``), name no file.
A page for people, such as one to log in, is none of an index: taken for that of a project without releases, it would
have a resolver choose others without a word.
Sizes and upload times have no place in this format.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import repeat
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from resolver.logins import without_secrets
from resolver.simple.checks import HEX_DIGITS, Malformed, check_api_version, check_filename, check_hashes, check_url
from resolver.simple.filenames import EXTENSIONS
from resolver.simple.model import File, ProjectPage

_CHARSET_IN_HEADER = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)
_CHARSET_IN_PAGE = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([a-z0-9_:.-]+)""", re.IGNORECASE)
# Encodings of text that the web knows. Python's other codecs (`hex`, `unicode_escape`, `idna`) are no charsets.
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(-?[lb]e)?|(us-)?ascii|latin-?1|iso-?8859-[0-9]{1,2}|(windows-|cp)125[0-8]"
    r"|koi8-[ru]|gbk|gb2312|gb18030|big5|shift[_-]jis|euc-(jp|kr)",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"<!--(?:-?>|.*?(?:--!?>|(?P<cut>\Z)))", re.DOTALL)
_WITH_AN_END = (b"html", b"body", b"a")
_FOR_PEOPLE = frozenset({"form", "iframe", "input", "script"})  # elements that no index needs to list files
_FORMER = (".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg")  # what else indexes held before PEP 527
_SPACE = " \t\n\r\f"  # what HTML strips from the value of an attribute that holds a URL

_Attributes = dict[str, str | None]


def is_cut_off(content: bytes) -> bool:
    """Whether a page seems to have broken off: within a tag, before the first one, or within an element.

    HTML lets pages omit end tags, and some do: this is for a page whose length the server did not tell.
    """
    content = _COMMENT.sub(lambda found: b"" if found["cut"] is None else b"<", content)
    is_within_a_tag = content.rfind(b"<") > content.rfind(b">")
    return is_within_a_tag or not _tags(rb"<[a-z]", content) or any(map(_lacks_its_end, _WITH_AN_END, repeat(content)))


def _lacks_its_end(element: bytes, content: bytes) -> bool:
    without_one = _tags(rb"""<%s(?:\s[^<>]*["'\s])?/>""" % element, content)  # `<a name="top"/>`; not `<a href=top/>`
    return _tags(rb"<%s[\s/>]" % element, content) - without_one > _tags(rb"</%s[\s>]" % element, content)


def _tags(beginning: bytes, content: bytes) -> int:
    return len(re.findall(beginning, content, re.IGNORECASE))


def page_from_html(content: bytes, content_type: str, *, project: str) -> ProjectPage:
    """Read a page; the format does not name its project, so the page is taken to be that of ``project``."""
    if not content.strip():
        raise Malformed("it is empty; a project without files has a page too")
    reader = _Reader()
    try:
        reader.feed(_text(content, content_type))
        reader.close()
    except AssertionError as error:  # how html.parser refuses a malformed `<![...`
        raise Malformed(f"its HTML cannot be read: {error}") from None
    if reader.for_people and not any(map(_leads_to_a_distribution, reader.anchors)):
        raise Malformed(
            f"it is a page for people (it has a <{reader.for_people}>, and no file), perhaps one to log in; "
            "see that the URL is that of an index, and which credentials it wants"
        )
    files = (_file(anchor, reader.base) for anchor in reader.anchors)
    return ProjectPage(name=project, files=tuple(file for file in files if file is not None))


def _text(content: bytes, content_type: str) -> str:
    """Decode as HTML says: a byte order mark, else the header's charset, else the page's own, else UTF-8."""
    if content.startswith(b"\xef\xbb\xbf"):
        charset, content = "utf-8", content[3:]
    elif header := _CHARSET_IN_HEADER.search(content_type):
        charset = header[1]
    elif meta := _CHARSET_IN_PAGE.search(content, 0, 1024):
        charset = meta[1].decode("ascii")
        if charset.lower().startswith("utf-16"):
            charset = "utf-8"  # it could not have been read so far if it were UTF-16
    else:
        charset = "utf-8"
    if not _CHARSETS.fullmatch(charset):
        raise Malformed(f"its charset {charset!r} is not one that can be read")
    try:
        return content.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise Malformed(f"it is not text in its charset: {error}") from None


class _Reader(HTMLParser):
    """Collects the attributes of anchors and the base; refuses an API version that we cannot read.

    ``for_people``: the first element that no page of an index needs, if there is one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[_Attributes] = []
        self.base = ""
        self.for_people = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FOR_PEOPLE:
            self.for_people = self.for_people or tag
        if tag not in ("a", "base", "meta"):
            return
        attributes = dict(reversed(attrs))  # where an attribute is repeated, HTML takes the first
        if tag == "a":
            self.anchors.append(attributes)
        elif tag == "base":
            self.base = self.base or (attributes.get("href") or "").strip(_SPACE)
        elif (attributes.get("name") or "").lower() == "pypi:repository-version":
            check_api_version((attributes.get("content") or "").strip())


def _leads_to_a_distribution(anchor: _Attributes) -> bool:
    return re.split("[?#]", anchor.get("href") or "")[0].rstrip(_SPACE).endswith((*EXTENSIONS, *_FORMER))


def _file(anchor: _Attributes, base: str) -> File | None:
    href = (anchor.get("href") or "").strip(_SPACE)
    try:
        url, fragment = urldefrag(href)
        filename = unquote(urlsplit(url).path.rpartition("/")[2])
        provenance = (anchor.get("data-provenance") or "").strip(_SPACE)
        if not filename or filename in (".", ".."):
            return None
        return File(
            filename=check_filename(filename),
            url=check_url(_join(base, url)),
            hashes=_fragment_hashes(fragment),
            requires_python=anchor.get("data-requires-python"),
            yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
            metadata=_sidecar(anchor),
            provenance=check_url(_join(base, provenance)) if provenance else None,
        )
    except ValueError as error:  # Malformed is one; so is what urllib raises for a URL such as "//["
        raise Malformed(f"file {without_secrets(href)!r}: {error}") from None


def _join(base: str, url: str) -> str:
    """Resolve against ``<base>``. `urljoin` drops the leading ``..`` of a base that is itself relative to the page."""
    relative = not (urlsplit(base).scheme or base.startswith("/"))
    if relative and not (urlsplit(url).scheme or url.startswith("/")):
        folder, slash, _ = urlsplit(base).path.rpartition("/")
        return f"{folder}{slash}{url}"
    return url if relative else urljoin(base, url)


def _fragment_hashes(fragment: str) -> dict[str, str]:
    """PEP 503: ``<algorithm>=<digest>``. Other fragments (``egg=``, ``subdirectory=``) say nothing of the bytes."""
    pairs = (part.partition("=") for part in fragment.split("&"))
    return check_hashes({name: digest for name, _, digest in pairs if name.lower() in HEX_DIGITS})


def _sidecar(anchor: _Attributes) -> dict[str, str] | None:
    """PEP 714: ``data-core-metadata`` wins over ``data-dist-info-metadata``; "true", or one hash."""
    key = "data-core-metadata" if "data-core-metadata" in anchor else "data-dist-info-metadata"
    value = (anchor.get(key) or "").strip() if key in anchor else "false"
    if value.lower() in ("", "false"):  # an attribute without a value says nothing
        return None
    if value.lower() == "true":
        return {}
    algorithm, separator, digest = value.partition("=")
    if not separator or not algorithm:
        raise Malformed(f"{key} is {value!r}, which is neither true nor a hash")
    return check_hashes({algorithm: digest})
