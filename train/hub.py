"""Checkpoints from the Hugging Face Hub: only the files that are needed, and no network once they are cached.

The library keeps them in its own cache, where other programs find them too. Nothing is sent but what a download needs: no
telemetry, and no token but the one in `HF_TOKEN`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import CounselError
from engine.language import text
from engine.model_directory import CARD_FILE, CONFIG_FILE, TOKENIZER_FILE
from train.weights.folder import FORMATS, INDEX, find_files

VOCABULARY_FILE, MERGES_FILE = (
    "vocab.json",
    "merges.txt",
)  # what there is of a tokenizer without `tokenizer.json`
TOKENIZER_FILES = (
    TOKENIZER_FILE,
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", VOCABULARY_FILE, MERGES_FILE),
)
_TIMEOUT = 10.0  # seconds for an answer of the hub
_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What is needed of a repository."""

    weights: bool
    tokenizer: bool

    def is_in(self, folder: Path) -> bool:
        """Return whether a folder holds it all."""
        files = find_files(folder) if self.weights else []
        sound = not self.weights or ((folder / CONFIG_FILE).exists() and bool(files))
        tokenizers = [folder / TOKENIZER_FILE, folder / VOCABULARY_FILE] if self.tokenizer else []
        return (
            sound
            and all(file.exists() for file in files)
            and (not tokenizers or any(map(Path.exists, tokenizers)))
        )

    def select(self, names: Mapping[str, int]) -> list[str]:
        """Return the names of the files to download out of all, of the weights the first format only."""
        chosen = {CONFIG_FILE, CARD_FILE} if self.weights else set()
        chosen |= set(TOKENIZER_FILES) if self.tokenizer else set()
        for name in FORMATS if self.weights else ():
            if name in names:
                chosen.add(name)
                break
            if name + INDEX in names:
                stem, suffix = Path(name).stem, Path(name).suffix
                shard = re.compile(re.escape(stem) + r"-\d+-of-\d+" + re.escape(suffix))
                chosen |= {name + INDEX, *filter(shard.fullmatch, names)}
                break
        return sorted(chosen & set(names))


def is_id(name: str) -> bool:
    """Return whether a name can be a repository's, as "skt/kogpt2-base-v2"."""
    return _ID.fullmatch(name) is not None


def download(repository: str, revision: str | None, wanted: Wanted) -> Path:
    """Return the folder of a repository in the library's cache, whose name is the commit; what is missing is downloaded.

    Args:
        repository: its id.
        revision: a branch, a tag or a commit; the main branch if None. A branch whose files are cached is not asked
            about again, so that a base stays the same until somebody wants another.
        wanted: what is needed of it.

    Raises:
        CounselError: it cannot be had.
    """
    from huggingface_hub import constants, errors
    from huggingface_hub.utils import logging

    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what goes wrong is told here, in one line
    try:
        return _cached(repository, revision, wanted) or _download(repository, revision, wanted)
    except errors.GatedRepoError as error:
        raise CounselError(
            text(
                f"{repository}: 허락을 받아야 쓸 수 있는 모델입니다. {constants.ENDPOINT}/{repository} 에서 허락을 받고 "
                "HF_TOKEN에 토큰을 넣으세요.",
                f"{repository}: access must be granted. Ask for it at {constants.ENDPOINT}/{repository} , then put your "
                "token into HF_TOKEN.",
            )
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CounselError(
            text(
                f"{repository}: 그런 폴더도, 허브에 그런 모델도 없습니다(비공개일 수도 있습니다). 이름을 확인하거나 "
                "HF_TOKEN을 주세요.",
                f"{repository}: neither a folder nor a model on the hub, unless it is private. Check the name, or set "
                "HF_TOKEN.",
            )
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CounselError(
            text(
                f"{repository}: 리비전 {revision}이(가) 없습니다. --revision에 있는 브랜치, 태그나 커밋을 주세요.",
                f"{repository}: has no revision {revision}. Give --revision a branch, a tag or a commit of it.",
            )
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise CounselError(
            text(
                f"{repository}: 허브({constants.ENDPOINT})가 오류 {status}(으)로 답했습니다. 잠시 뒤에 다시 하세요.",
                f"{repository}: the hub ({constants.ENDPOINT}) answered with error {status}. Try again later.",
            )
        ) from error
    except (
        errors.HTTPError,  # type: ignore[attr-defined]  # that of whichever HTTP library it uses
        errors.OfflineModeIsEnabled,
        errors.LocalEntryNotFoundError,
    ) as error:
        raise CounselError(_offline(repository, revision)) from error


def _offline(repository: str, revision: str | None) -> str:
    folder = repository.split("/")[-1]
    command = f"hf download {repository} --local-dir {folder}" + (
        f" --revision {revision}" if revision else ""
    )
    return text(
        f"{repository}: 그런 폴더가 없고, 허브에 닿지 않아 내려받지 못했습니다. 네트워크에 연결한 뒤 다시 하거나, 네트워크가 되는 "
        f"컴퓨터에서 `{command}`로 받은 폴더를 옮겨 와 `--base {folder}`처럼 폴더 이름을 주세요.",
        f"{repository}: no such folder, and not downloaded, since the hub cannot be reached. Try again with network, or run "
        f"`{command}` on a machine that has it, copy the folder here, and give its name, as in `--base {folder}`.",
    )


def _cached(repository: str, revision: str | None, wanted: Wanted) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for name in (CONFIG_FILE, *TOKENIZER_FILES):
        found = try_to_load_from_cache(repository, name, revision=revision)
        if isinstance(found, str):  # and not the library's mark of a file that the repository lacks
            folder = Path(found).parent
            return folder if wanted.is_in(folder) else None
    return None


def _download(repository: str, revision: str | None, wanted: Wanted) -> Path:
    from huggingface_hub import HfApi, hf_hub_download
    from rich.console import Console

    token = os.environ.get("HF_TOKEN") or False
    information = HfApi(token=token).model_info(
        repository, revision=revision, files_metadata=True, timeout=_TIMEOUT
    )
    sizes = {file.rfilename: file.size or 0 for file in information.siblings or []}
    files = wanted.select(sizes)
    if not files:
        raise CounselError(
            text(
                f"{repository}: 허브의 이 모델에는 {CONFIG_FILE}도 {TOKENIZER_FILE}도 없습니다. GPT-2 모델의 이름을 주세요.",
                f"{repository}: holds neither {CONFIG_FILE} nor {TOKENIZER_FILE}. Give the name of a GPT-2 model.",
            )
        )
    megabytes = sum(sizes[file] for file in files) / 1e6
    Console(stderr=True).print(
        text(
            f"{repository}을(를) 허브에서 내려받습니다({megabytes:,.0f} MB). 다음부터는 네트워크를 쓰지 않습니다.",
            f"Downloading {repository} from the hub ({megabytes:,.0f} MB). The network is not used the next time.",
        ),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    # Under the revision's own name, so that the library remembers which commit it was.
    options: dict[str, Any] = {"revision": revision, "token": token, "etag_timeout": _TIMEOUT}
    *_, last = [hf_hub_download(repository, file, **options) for file in files]
    return Path(last).parent
