"""The styles of an email's HTML, put into its elements: many email programs read no style sheet."""

from __future__ import annotations

import css_inline

CHARSET = '<meta charset="utf-8">'
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def inline_styles(html: str) -> str:
    """Return an email's HTML with its styles in its elements, and what those cannot hold on top.

    Its encoding stands before that: a browser looks for it in the first 1,024 bytes only.
    """
    head, start, body = _inliner.inline(html).partition("<head>")
    return f"{head}{start}{CHARSET}{body.replace(CHARSET, '', 1)}" if start else head
