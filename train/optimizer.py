"""AdamW, its learning rate, and the clipping of gradients, for variables of any `tf.distribute` strategy.

Sources: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), in the form of its section 2 that Keras
uses too; Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from train.settings import Schedule, Settings

BETA_1, BETA_2 = 0.9, 0.999


def learning_rate(settings: Settings, done: int, steps: int) -> float:
    """Return the learning rate of the update that follows `done` of `steps` updates."""
    return settings.learning_rate * share_of_peak(settings.schedule, settings.warmup, done, steps)


def share_of_peak(schedule: Schedule, warmup: float, done: int, steps: int) -> float:
    """Return the learning rate as a share of its peak.

    "cosine" rises evenly in the warm-up and falls as half a cosine to zero after the last update.
    """
    if schedule == "constant":
        return 1.0
    rising = max(1, round(warmup * steps))
    if done < rising:
        return (done + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done + 1 - rising) / max(1, steps + 1 - rising))))


@dataclass(frozen=True)
class AdamW:
    """The optimizer's state, and how it changes variables.

    Attributes:
        variables: that are trained, float32.
        first: a moving average of each one's gradient.
        second: the same of the gradient's square.
        weight_decay: for variables of two dimensions or more.
        epsilon: see `Settings`.
        clip_norm: see `Settings`.
    """

    variables: Sequence[Any]
    first: Sequence[Any]
    second: Sequence[Any]
    weight_decay: float
    epsilon: float
    clip_norm: float

    @classmethod
    def of(cls, variables: Sequence[Any], settings: Settings) -> "AdamW":
        """Start with averages of zero; call it in the scope of the strategy."""
        first, second = (
            [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in variables] for _ in "12"
        )
        return cls(variables, first, second, settings.weight_decay, settings.epsilon, settings.clip_norm)

    def apply(self, gradients: Sequence[Any], rate: Any, number: Any, scale: Any = 1.0) -> tuple[Any, Any]:
        """Change every variable once; where a gradient is no finite number, none of them.

        Args:
            gradients: one for each variable, summed over all devices; in the scope of the strategy.
            rate: float32 scalar, the learning rate.
            number: float32 scalar, of this update, from 1.
            scale: float32 scalar, by which the gradients are too large.

        Returns:
            The gradient's global norm, and whether it was finite.
        """
        strategy = tf.distribute.get_strategy()
        local = [strategy.experimental_local_results(gradient)[0] for gradient in gradients]
        norm = tf.linalg.global_norm(local) / scale
        finite = tf.math.is_finite(norm)
        limit = self.clip_norm or math.inf
        factor = tf.where(finite, tf.where(norm > limit, limit / norm, 1.0) / scale, 0.0)
        done: list[Any] = [norm]
        for variable, first, second, gradient in zip(
            self.variables, self.first, self.second, gradients, strict=True
        ):
            decay = self.weight_decay if len(variable.shape) > 1 else 0.0
            arguments = first, second, gradient, factor, finite, rate, number, decay
            # One after another: all at once would need room for several copies of all gradients.
            with tf.control_dependencies(done):
                updated = strategy.extended.update(variable, self._update, args=arguments, group=False)
            done = list(strategy.experimental_local_results(updated))
        return norm, finite

    def _update(
        self,
        variable: Any,
        first: Any,
        second: Any,
        gradient: Any,
        factor: Any,
        finite: Any,
        rate: Any,
        number: Any,
        decay: float,
    ) -> Any:
        # With both betas 1 and a rate of 0, Adam leaves variable and averages as they are, to the last bit.
        beta_1, beta_2 = tf.where(finite, BETA_1, 1.0), tf.where(finite, BETA_2, 1.0)
        rate = tf.where(finite, rate, 0.0)
        if decay:
            variable.assign(variable * (1.0 - rate * decay))
        applied = tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=first.handle,
            v=second.handle,
            beta1_power=tf.pow(BETA_1, number),
            beta2_power=tf.pow(BETA_2, number),
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=self.epsilon,
            grad=tf.math.multiply_no_nan(gradient, factor),  # 0 where the factor is, whatever the gradient
            use_locking=True,
        )
        with tf.control_dependencies([applied]):
            return tf.constant(True)
