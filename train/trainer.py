"""One update of the weights: the gradients of its passes on one device or many, added up, and AdamW."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from engine.checkpoint import Array
from train.model import GPT2
from train.optimizer import AdamW
from train.sequences.pipeline import Update
from train.settings import Settings


class Outcome(NamedTuple):
    """What one update did.

    Attributes:
        loss: in nats per counted token.
        norm: of the gradient, before clipping.
        finite: whether the gradient was; if not, nothing was changed.
        wishes: what any of the machines wished for, so that all do the same at the same time.
    """

    loss: float
    norm: float
    finite: bool
    wishes: tuple[bool, ...]


class Trainer:
    """The network, its optimizer, and the compiled functions that use them.

    Args:
        make: returns the network; it is called in the scope of the strategy.
        settings: how to train.
        strategy: how the passes of an update are spread over devices; by default one device computes them all.
        xla: whether XLA compiles the passes.

    Attributes:
        model: the network.
        optimizer: its state.
        replicas: devices that compute, on all machines together.
    """

    def __init__(
        self,
        make: Callable[[], GPT2],
        settings: Settings,
        strategy: tf.distribute.Strategy | None = None,
        xla: bool = False,
    ) -> None:
        self.strategy = strategy or tf.distribute.get_strategy()
        self.replicas: int = self.strategy.num_replicas_in_sync
        self._settings, self._xla = settings, xla
        with self.strategy.scope():
            self.model = make()
            self.optimizer = AdamW.of(
                [variable.value for variable in self.model.trainable_variables], settings
            )
        self._step = tf.function(self._compute_step, reduce_retracing=True, autograph=False)
        self._measure = tf.function(self._compute_loss, reduce_retracing=True, autograph=False)
        self._gradients = tf.function(self._differentiate, jit_compile=xla or None, autograph=False)
        self._loss = tf.function(self._pass_loss, jit_compile=xla or None, autograph=False)

    def step(
        self,
        update: Update,
        learning_rate: float,
        number: int,
        loss_scale: float = 1.0,
        wishes: Sequence[bool] = (),
    ) -> Outcome:
        """Change the weights.

        Args:
            update: the lines to learn from, in `accumulate` passes a device.
            learning_rate: of this update.
            number: of this update, from 1; with the seed, it decides what dropout drops.
            loss_scale: by which the loss is multiplied before, and the gradient divided after it is computed.
            wishes: what this machine wishes for after the update.
        """
        seed = tf.constant([self._settings.seed % 2**31, number], tf.int32)
        scalars = (tf.constant(value, tf.float32) for value in (learning_rate, number, loss_scale))
        wished = tf.constant(wishes, tf.float32)
        loss, norm, finite, heard = self._step(self._spread(update), seed, *scalars, wished)
        return Outcome(
            float(loss), float(norm), bool(finite), tuple(bool(wish > 0) for wish in heard.numpy())
        )

    def measure(self, update: Update) -> float:
        """Return the loss in nats per counted token, without dropout, of an update of one pass a device."""
        return float(self._measure(self._spread(update)))

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the variables of which a checkpoint is made, by kind and name."""
        names = {id(variable): name for name, variable in self.model.named_variables().items()}
        trained = [names[id(variable)] for variable in self.model.trainable_variables]
        return {
            "weights": {name: variable.value for name, variable in self.model.named_variables().items()},
            "first_moments": dict(zip(trained, self.optimizer.first, strict=True)),
            "second_moments": dict(zip(trained, self.optimizer.second, strict=True)),
        }

    def restore(self, kind: str, arrays: dict[str, Array]) -> None:
        """Set the variables of one kind from arrays that `state` gave."""
        for name, variable in self.state()[kind].items():
            variable.assign(arrays[name])

    def _spread(self, update: Update) -> Any:
        """Give each device its passes."""
        arrays = (
            update.inputs,
            update.places,
            update.targets,
            update.weights,
            update.topic_slots,
            update.topics,
            update.topic_weights,
        )
        if self.replicas == 1:
            return tuple(map(tf.constant, arrays))
        share = len(update.inputs) // self.replicas

        def own(context: tf.distribute.InputContext | Any) -> Any:
            start = context.replica_id_in_sync_group * share
            return tuple(tf.constant(array[start : start + share]) for array in arrays)

        return self.strategy.experimental_distribute_values_from_function(own)

    def _compute_step(self, arrays: Any, seed: Any, rate: Any, number: Any, scale: Any, wishes: Any) -> Any:
        losses, heard, gradients = self.strategy.run(
            self._replica_gradients, args=(*arrays, seed, scale, wishes)
        )
        with self.strategy.scope():
            norm, finite = self.optimizer.apply(gradients, rate, number, scale)
        first = self.strategy.experimental_local_results
        return first(losses)[0], norm, finite, first(heard)[0]

    def _replica_gradients(self, *arguments: Any) -> Any:
        """Return loss, wishes and `scale` times the gradients, summed over passes and devices; arrays are [passes, …]."""
        *arrays, seed, scale, wishes = arguments
        context = tf.distribute.get_replica_context()
        seed = tf.random.experimental.stateless_fold_in(seed, context.replica_id_in_sync_group)

        def one(number: Any) -> Any:
            own = tf.random.experimental.stateless_fold_in(seed, number)
            return self._gradients(*(array[number] for array in arrays), own, scale)

        def add(number: Any, loss: Any, *gradients: Any) -> Any:
            more = one(number)
            return number + 1, loss + more[0], *(a + b for a, b in zip(gradients, more[1:], strict=True))

        loss, *gradients = one(0)
        if (passes := self._settings.accumulate) > 1:  # one after another, in the memory of one
            _, loss, *gradients = tf.while_loop(
                lambda number, *_: number < passes,
                add,
                [tf.constant(1), loss, *gradients],
                parallel_iterations=1,
            )
        if self.replicas > 1:
            values = [loss, tf.identity(wishes), *gradients]  # an argument has no device, which the sum needs
            loss, wishes, *gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, values)
        return loss, wishes, gradients

    def _differentiate(self, *arguments: Any) -> Any:
        scale = arguments[-1]
        variables = self.optimizer.variables
        with tf.GradientTape() as tape:
            loss, topic_loss = self._pass_loss(*arguments[:-1])
            scaled = (loss + topic_loss) * scale
        gradients = tape.gradient(scaled, variables)
        return loss, *map(tf.convert_to_tensor, gradients)

    def _compute_loss(self, arrays: Any) -> Any:
        def replica(*arrays: Any) -> Any:
            loss, _ = self._loss(*(array[0] for array in arrays))
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, loss) if self.replicas > 1 else loss

        return self.strategy.experimental_local_results(self.strategy.run(replica, args=arrays))[0]

    def _pass_loss(
        self,
        inputs: Any,
        places: Any,
        targets: Any,
        weights: Any,
        topic_slots: Any,
        topics: Any,
        topic_weights: Any,
        seed: Any = None,
    ) -> Any:
        """Return the weighted sum of the cross-entropies at `places`, and that of the topic head, float32.

        Smoothing is part of training only, where there is a seed.
        """
        # The head is the dearest part: it runs only where there is something to predict.
        hidden = self.model(inputs, seed, places)
        logits = self.model.logits(hidden)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        if seed is not None and (spread := self._settings.label_smoothing):
            even = tf.reduce_logsumexp(logits, -1) - tf.reduce_mean(logits, -1)
            losses = (1 - spread) * losses + spread * even
        return tf.reduce_sum(losses * weights), self._topic_loss(hidden, topic_slots, topics, topic_weights)

    def _topic_loss(self, hidden: Any, slots: Any, topics: Any, weights: Any) -> Any:
        if self.model.topic_head is None:
            return tf.constant(0.0)
        logits = self.model.topic_logits(tf.gather(hidden, slots))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(topics, logits)
        return self._settings.topic_head * tf.reduce_sum(losses * weights)


def loss_of(trainer: Trainer, updates: Iterable[Update]) -> float | None:
    """Return the mean loss over updates in nats per counted token, or None if there are none."""
    losses, tokens = [], []
    for update in updates:
        losses.append(trainer.measure(update))
        tokens.append(update.tokens)
    return float(np.average(losses, weights=tokens)) if tokens else None
