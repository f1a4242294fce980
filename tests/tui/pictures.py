"""At which sizes, and in which theme and language, screens are pictured.

`pytest --snapshot-update` renews them, first with `COUNSEL_LANG=ko`, then with `en`.
"""

import pytest

DARK, LIGHT, CONTRAST = "counsel-dark", "counsel-light", "counsel-contrast"
SMALL, MEDIUM, LARGE = (80, 24), (100, 30), (160, 45)

english = pytest.mark.english  # see `tests/conftest.py`

# Every size, dark and light, in one of the two languages; both languages at every size.
PICTURED = pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(SMALL, DARK, id="80x24-dark"),
        pytest.param(MEDIUM, LIGHT, id="100x30-light"),
        pytest.param(LARGE, DARK, id="160x45-dark"),
        pytest.param(SMALL, LIGHT, id="80x24-light-en", marks=english),
        pytest.param(MEDIUM, DARK, id="100x30-dark-en", marks=english),
        pytest.param(LARGE, LIGHT, id="160x45-light-en", marks=english),
    ],
)
