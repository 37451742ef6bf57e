"""Characters that look alike made one: spaces, dashes, apostrophes, digits of other scripts.

Every replacement is one character for one, so a place in the plain text is the same place in the text as typed.
"""

from __future__ import annotations

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\n\r\v\f"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u02bc\u02b9\u00b4`\u2032\uff07\u066c"  # U+066C is the Arabic mark of thousands
_ZEROS = (0x0660, 0x06F0, 0xFF10, 0x0966)  # Arabic, Persian, full-width, Devanagari
_TABLE = {
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **{zero + digit: str(digit) for zero in _ZEROS for digit in range(10)},
    0xFF0E: ".",
    0xFF0C: ",",
    0xFF08: "(",
    0xFF09: ")",
    0xFF0B: "+",
    0xFF0F: "/",
    0xFF05: "%",
    0xFF1A: ":",
    0x060C: ",",
    0x066A: "%",
}


def plain(text: str) -> str:
    """The text with one kind of space, dash, apostrophe and digit; as long as it was.

    >>> plain("1\\u202f340٫۵ – 2’000")
    "1 340٫5 - 2'000"
    """
    return (
        text
        if text.isascii() and not ("\n" in text or "\t" in text or "\r" in text or "`" in text)
        else text.translate(_TABLE)
    )
