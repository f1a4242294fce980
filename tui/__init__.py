"""The screens. Importing this package sets what Textual must find in the environment."""

import os

# Kitty's keyboard protocol garbles what a Korean input method commits (Textual issue 6562).
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")

# Textual would write every key and message, and so what a person says, into a file or to its developer's console.
os.environ.pop("TEXTUAL_LOG", None)
os.environ.pop("TEXTUAL", None)
