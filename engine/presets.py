"""Named samplings to choose from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.language import text
from engine.sampling import Sampling


@dataclass(frozen=True)
class Preset:
    """A sampling with a name. It says nothing of the seed.

    Attributes:
        name: as it is typed and shown.
        sampling: all the values.
        ko: one line of explanation in Korean.
        en: the same in English.
    """

    name: str
    sampling: Sampling
    ko: str
    en: str

    @property
    def explanation(self) -> str:
        """The one line, in the chosen language."""
        return text(self.ko, self.en)

    @property
    def values(self) -> dict[str, Any]:
        """The values by the names of their parameters, without the seed."""
        return {name: value for name, value in asdict(self.sampling).items() if name != "seed"}


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "default",
            Sampling(),
            "보통의 값. 자연스럽고 너무 뜻밖이지 않습니다.",
            "The usual values: natural, not too surprising.",
        ),
        Preset(
            "precise",
            Sampling(temperature=0.0),
            "항상 가장 그럴듯한 토큰. 같은 질문에는 늘 같은 답을 합니다.",
            "Always the likeliest token; the same question gets the same answer.",
        ),
        Preset(
            "warm",
            Sampling(temperature=1.0, top_k=0, top_p=0.95, min_p=0.05, repetition_penalty=1.1),
            "더 다채로운 말. 가끔 뜻밖의 말도 합니다.",
            "Livelier words, at times surprising ones.",
        ),
        Preset(
            # docs/sampling.md tells what is wrong with a penalty below 1 and a minimum that counts the prompt.
            "original",
            Sampling(
                temperature=0.01,
                top_k=5,
                top_p=1.0,
                repetition_penalty=0.8,
                no_repeat_ngram_size=3,
                min_length=50,
                max_length=200,
                max_new_tokens=200,  # never reached: the prompt counts towards max_length
            ),
            "공개된 KoGPT2 웰니스 챗봇의 값 그대로. 되풀이하고 늘어집니다.",
            "The values of the published KoGPT2 wellness bot, unchanged; it repeats itself and rambles.",
        ),
    )
}


def preset_of(sampling: Sampling) -> Preset | None:
    """Return the preset whose values these are, whatever the seed."""
    return next((p for p in PRESETS.values() if replace(sampling, **p.values) == sampling), None)
