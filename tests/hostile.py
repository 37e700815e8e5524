"""Texts that break what was not meant for them: scripts, marks, halves, lengths."""

HOSTILE = [
    "",
    " \n\t ",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "$x$ & &amp; &amp;lt; &lt;3 \x1b[31mred\x1b[0m \ufffd",
    "\u202egnp.exe \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "zero\u200bwidth \u200d\ufeff no\u00a0break \u2028 line \u3000 wide \x85 next \x0b \x0c",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \ud7ff",
    "[SEP] typed [MASK][CLS] [sep] [PAD]",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ İstanbul ıI ǅ ﬁ ﬀ ²³½ ⅷ ①",
    "cafe\u0301 café Å \u0e40\u0e01 한국어 \u1100",
    "東京 is 中文字",
    "don't can’t rock'n'roll 'tis 5don't o'é can't: \u2764\ufe0f\U0001f44d\U0001f3fd\u2600ok",
    "@é#x@shop_y #a#b@c https://t.co/x1@me a://b ééhttp://x éhttp://z @ahttp://q #ä://x",
    "don\u00e2\u0080\u0099t \u00c2\u00a0x \u00c3\u00a9 \u00e2\u20ac\u2122",
    "b" * 100 + " " + "c" * 101 + " " + "word " * 300,
    "x" * 5000,
    "é" * 5000,
    "a@" * 2000,
    "__proto__ constructor toString hasOwnProperty",
]
