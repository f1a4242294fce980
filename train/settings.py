"""How to train: every setting of the loop, declared once. The command's options are made from this."""

from dataclasses import dataclass
from typing import Literal

from engine.errors import CounselError
from engine.language import text
from engine.parameters import declare, validate

Counted = Literal["target", "text", "all"]
Schedule = Literal["cosine", "constant"]
Score = Literal["loss", "macro-f1"]
Arithmetic = Literal["auto", "float32", "bfloat16", "float16"]
Choice = Literal["auto", "on", "off"]
ABOUT_TOPICS = (
    "counted",
    "label_weight",
    "topic_head",
    "best_by",
)  # mean nothing in pretraining, where every token counts


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        epochs: passes over the rows; what ends first of this, `max_steps` and `max_minutes` ends the training.
        batch_size: rows an update of the weights, over all passes, devices and machines.
        accumulate: passes an update: the same result as in one, in less memory.
        learning_rate: the peak.
        schedule: "cosine" rises in the warm-up and then falls to zero; "constant" stays.
        warmup: the share of all steps in which the learning rate rises.
        weight_decay: AdamW's, on matrices only.
        epsilon: Adam's, against a division by zero.
        clip_norm: the largest global norm of a gradient; 0 for any.
        counted: what the loss counts: label, response and EOS; the whole text; or all of it and the padding too.
        label_weight: of a target token of the label, those of the response having 1.
        topic_head: weight of the loss of a topic head beside that of the tokens; 0 for no such head.
        label_smoothing: the share of a target's probability that is spread over all tokens.
        shuffle: whether each epoch has an order of its own.
        buckets: whether rows of about the same length are batched together.
        patience: epochs without a better score on the held-out rows after which training stops; 0 for never.
        best_by: the score by which the best epoch is chosen: the held-out loss or the topics' macro-F1.
        max_steps: updates after which training stops; 0 for no limit.
        max_minutes: minutes, those of earlier runs included, after which training stops; 0 for no limit.
        save_minutes: minutes between two checkpoints; one is saved after each epoch anyway.
        save_steps: steps between two checkpoints; 0 for none but those of `save_minutes`.
        lora_rank: of the low-rank matrices that are trained instead of the weights; 0 for the weights themselves.
        freeze: so many blocks, counted from below, keep their weights.
        arithmetic: of the network; "auto" is bfloat16 or float16 on a GPU that is made for it, else float32.
        xla: whether steps are compiled by XLA; "auto" on a GPU.
        seed: of initialisation, dropout and order.

    Raises:
        CounselError: a value is out of its range.
    """

    epochs: int = declare(5, 1, 100_000, 1, "데이터를 되풀이해 학습하는 횟수입니다.", "Passes over the data.")
    batch_size: int = declare(
        32, 1, 65_536, 1, "가중치를 한 번 고칠 때 쓰는 행의 수입니다.", "Rows an update."
    )
    accumulate: int = declare(
        1,
        1,
        65_536,
        1,
        "한 번 고칠 때 나누어 계산하는 횟수입니다. 결과는 같고 메모리가 적게 듭니다.",
        "Passes an update: the same result in less memory.",
    )
    learning_rate: float = declare(5e-5, 1e-12, 10.0, 1e-5, "학습률의 최댓값입니다.", "Peak learning rate.")
    schedule: Schedule = "cosine"
    warmup: float = declare(
        0.05,
        0.0,
        1.0,
        0.01,
        "학습률이 올라가는 구간의 비율입니다.",
        "Share of the steps in which the learning rate rises.",
    )
    weight_decay: float = declare(
        0.01, 0.0, 1.0, 0.01, "행렬에만 쓰는 AdamW의 가중치 감쇠입니다.", "AdamW's decay, on matrices only."
    )
    epsilon: float = declare(1e-8, 1e-12, 1.0, 1e-8, "Adam의 엡실론입니다.", "Adam's epsilon.")
    clip_norm: float = declare(
        1.0,
        0.0,
        1e6,
        0.1,
        "기울기 노름의 최댓값입니다. 0은 제한 없음.",
        "Largest norm of the gradient; 0: no limit.",
    )
    counted: Counted = "target"
    label_weight: float = declare(
        1.0,
        0.0,
        100.0,
        0.1,
        "손실에서 라벨 토큰의 무게입니다. 응답 토큰은 1.",
        "Weight of the label's tokens in the loss; the response's have 1.",
    )
    topic_head: float = declare(
        0.0,
        0.0,
        100.0,
        0.1,
        "라벨을 한 번에 가리는 층의 손실의 무게입니다. 0은 그런 층 없이.",
        "Weight of the loss of a layer that tells the label at once; 0: no such layer.",
    )
    label_smoothing: float = declare(
        0.0,
        0.0,
        0.5,
        0.01,
        "정답 확률 가운데 모든 토큰에 나누어 주는 몫입니다.",
        "Share of a target's probability that is spread over all tokens.",
    )
    shuffle: bool = True
    buckets: bool = True
    patience: int = declare(
        0,
        0,
        100_000,
        1,
        "검증 점수가 나아지지 않아도 기다리는 에폭 수입니다. 0은 끝까지.",
        "Epochs to wait for a better held-out score; 0: never stop early.",
    )
    best_by: Score = "loss"
    max_steps: int = declare(
        0, 0, 10**12, 1, "이만큼 고치면 마칩니다. 0은 제한 없음.", "Updates to stop after; 0: no limit."
    )
    max_minutes: float = declare(
        0.0, 0.0, 1e6, 1.0, "이 시간이 지나면 마칩니다. 0은 제한 없음.", "Time to stop after; 0: no limit."
    )
    save_minutes: float = declare(
        10.0,
        0.0,
        1e6,
        1.0,
        "체크포인트를 저장하는 간격입니다. 에폭 끝에는 늘 저장합니다.",
        "Time between checkpoints; one is saved after each epoch anyway.",
    )
    save_steps: int = declare(
        0,
        0,
        10**12,
        1,
        "체크포인트를 저장하는 간격입니다. 0은 시간으로만.",
        "Steps between checkpoints; 0: by time only.",
    )
    lora_rank: int = declare(
        0,
        0,
        4096,
        1,
        "LoRA 행렬의 계수입니다. 0은 LoRA 없이 모든 가중치를 학습합니다.",
        "Rank of LoRA's matrices; 0: train the weights themselves.",
    )
    freeze: int = declare(
        0,
        0,
        1000,
        1,
        "아래에서부터 학습하지 않고 그대로 두는 블록의 수입니다.",
        "Blocks, from below, that keep their weights.",
    )
    arithmetic: Arithmetic = "auto"
    xla: Choice = "auto"
    seed: int = declare(0, 0, 2**32 - 1, 1, "난수의 씨앗입니다.", "Random seed.")

    def __post_init__(self) -> None:
        validate(self)
        if self.accumulate > self.batch_size:
            raise CounselError(
                text(
                    f"accumulate={self.accumulate}: batch_size({self.batch_size})보다 클 수 없습니다.",
                    f"accumulate={self.accumulate}: cannot exceed batch_size ({self.batch_size}).",
                )
            )
