"""Write a LiteRT flatbuffer op by op, with the schema that `ai_edge_litert` brings and no converter.

The constants stand behind the flatbuffer, which names their places, so that they need not pass through its
builder. Source of the format: TensorFlow Lite's `schema.fbs`, as `ai_edge_litert.schema_py_generated`.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

FLOAT32: int = schema.TensorType.FLOAT32
FLOAT16: int = schema.TensorType.FLOAT16
INT32: int = schema.TensorType.INT32
INT8: int = schema.TensorType.INT8

_TYPES = {
    np.dtype(np.float32): FLOAT32,
    np.dtype(np.float16): FLOAT16,
    np.dtype(np.int32): INT32,
    np.dtype(np.int8): INT8,
}
_FILE_IDENTIFIER = b"TFL3"
_SCHEMA_VERSION = 3
_ALIGNMENT = 64  # bytes
_OFFSET_FIELD = 6  # of `offset` in the table Buffer


@dataclass(frozen=True)
class Constant:
    """An array in the file, shared by all subgraphs that use it.

    Attributes:
        name: unique in the file.
        buffer: the index of its buffer.
        shape: its dimensions.
        type: its `TensorType`.
        scales: for int8, one scale a row, float32 [rows].
    """

    name: str
    buffer: int
    shape: tuple[int, ...]
    type: int
    scales: NDArray[np.float32] | None = None


class ModelWriter:
    """Collects constants and subgraphs, then writes the file."""

    def __init__(self) -> None:
        self._buffers = [schema.BufferT()]  # buffer 0 stands for "no data"
        self._data: list[NDArray[Any]] = []  # of the buffers from 1 on
        self._codes: list[Any] = []
        self._subgraphs: list[Any] = []
        self._signatures: list[Any] = []
        self._constants: dict[str, Constant] = {}

    def constant(self, name: str, array: NDArray[Any], scales: NDArray[np.float32] | None = None) -> Constant:
        """Store an array once under its name and return it; a second call with the name returns the first."""
        if name not in self._constants:
            self._data.append(np.ascontiguousarray(array))
            self._buffers.append(schema.BufferT(offset=_ALIGNMENT, size=array.nbytes))
            self._constants[name] = Constant(
                name, len(self._buffers) - 1, array.shape, _TYPES[array.dtype], scales
            )
        return self._constants[name]

    def operator_code(self, builtin: int, version: int) -> int:
        """Return the index of an operator in the file's table."""
        for index, code in enumerate(self._codes):
            if (code.builtinCode, code.version) == (builtin, version):
                return index
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, version
        code.deprecatedBuiltinCode = min(builtin, 127)
        self._codes.append(code)
        return len(self._codes) - 1

    def add(
        self, name: str, graph: "GraphWriter", inputs: Mapping[str, int], outputs: Mapping[str, int]
    ) -> None:
        """Add a finished subgraph under a signature."""
        subgraph = schema.SubGraphT()
        subgraph.name = name.encode()
        subgraph.tensors, subgraph.operators = graph.tensors, graph.operators
        subgraph.inputs, subgraph.outputs = list(inputs.values()), list(outputs.values())
        self._subgraphs.append(subgraph)
        signature = schema.SignatureDefT()
        signature.signatureKey = name.encode()
        signature.subgraphIndex = len(self._subgraphs) - 1
        signature.inputs = [_tensor_map(*item) for item in inputs.items()]
        signature.outputs = [_tensor_map(*item) for item in outputs.items()]
        self._signatures.append(signature)

    def write(self, file: BinaryIO) -> None:
        """Write the whole file."""
        model = schema.ModelT()
        model.version = _SCHEMA_VERSION
        model.description = b"counsel"
        model.operatorCodes, model.subgraphs = self._codes, self._subgraphs
        model.buffers, model.signatureDefs = self._buffers, self._signatures
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
        content = builder.Output()
        tables = schema.Model.GetRootAs(content)
        end = len(content)
        for index, array in enumerate(self._data, start=1):
            start = -(-end // _ALIGNMENT) * _ALIGNMENT
            table = tables.Buffers(index)._tab
            struct.pack_into("<Q", content, table.Pos + table.Offset(_OFFSET_FIELD), start)
            end = start + array.nbytes
        file.write(content)
        for array in self._data:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            file.write(array.data)


class GraphWriter:
    """One subgraph: tensors are named by their index, each op returns its output's.

    Args:
        model: where the constants are.
    """

    def __init__(self, model: ModelWriter) -> None:
        self._model = model
        self._used: dict[str, int] = {}
        self.tensors: list[Any] = []
        self.operators: list[Any] = []

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return a tensor's dimensions."""
        return tuple(self.tensors[tensor].shape)

    def input(self, name: str, shape: Sequence[int], type_: int = FLOAT32) -> int:
        """Declare an input."""
        return self._tensor(name, shape, type_)

    def use(self, constant: Constant) -> int:
        """Return the tensor of a constant in this subgraph, as float32 if it is stored as float16."""
        if constant.name not in self._used:
            tensor = self._tensor(constant.name, constant.shape, constant.type, constant.buffer)
            if constant.scales is not None:
                self.tensors[tensor].quantization = _per_row(constant.scales)
            if constant.type == FLOAT16:
                tensor = self._op("DEQUANTIZE", [tensor], constant.shape, version=3)
            self._used[constant.name] = tensor
        return self._used[constant.name]

    def integers(self, values: Sequence[int]) -> int:
        """Return a constant int32 [len(values)]."""
        name = "int32" + "_".join(map(str, values))
        return self.use(self._model.constant(name, np.array(values, np.int32)))

    def add(self, x: int, y: int) -> int:
        """Add, with broadcasting of `y`."""
        return self._op("ADD", [x, y], self.shape(x), schema.AddOptionsT())

    def subtract(self, x: int, y: int) -> int:
        """Subtract, with broadcasting of `y`."""
        return self._op("SUB", [x, y], self.shape(x), schema.SubOptionsT())

    def multiply(self, x: int, y: int) -> int:
        """Multiply element by element, with broadcasting of `y`."""
        return self._op("MUL", [x, y], self.shape(x), schema.MulOptionsT())

    def mean(self, x: int) -> int:
        """Take the mean over the last axis, which stays with size 1."""
        shape = self.shape(x)
        options = schema.ReducerOptionsT()
        options.keepDims = True
        return self._op("MEAN", [x, self.integers([len(shape) - 1])], (*shape[:-1], 1), options, version=2)

    def reciprocal_root(self, x: int) -> int:
        """Take one over the square root."""
        return self._op("RSQRT", [x], self.shape(x))

    def gelu(self, x: int) -> int:
        """Apply GELU in its tanh approximation."""
        options = schema.GeluOptionsT()
        options.approximate = True
        return self._op("GELU", [x], self.shape(x), options)

    def softmax(self, x: int) -> int:
        """Apply softmax over the last axis."""
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return self._op("SOFTMAX", [x], self.shape(x), options)

    def fully_connected(self, x: int, weight: Constant, bias: Constant) -> int:
        """Multiply x [rows, in] with the transposed weight [out, in] and add bias [out].

        With int8 weights the activations are quantised row by row as they come.
        """
        options = schema.FullyConnectedOptionsT()
        options.keepNumDims = True
        options.asymmetricQuantizeInputs = True
        shape = (*self.shape(x)[:-1], weight.shape[0])
        return self._op("FULLY_CONNECTED", [x, self.use(weight), self.use(bias)], shape, options, version=9)

    def batch_matmul(self, x: int, y: int, transpose_y: bool = False) -> int:
        """Multiply matrices [..., n, k] and [..., k, m], or [..., m, k] if `transpose_y`."""
        options = schema.BatchMatMulOptionsT()
        options.adjY = transpose_y
        shape = (*self.shape(x)[:-1], self.shape(y)[-2 if transpose_y else -1])
        return self._op("BATCH_MATMUL", [x, y], shape, options)

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        """Give the same elements another shape."""
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        return self._op("RESHAPE", [x, self.integers(shape)], shape, options)

    def transpose(self, x: int, axes: Sequence[int]) -> int:
        """Put the axes into another order."""
        shape = [self.shape(x)[axis] for axis in axes]
        return self._op("TRANSPOSE", [x, self.integers(axes)], shape, schema.TransposeOptionsT())

    def slice(self, x: int, begin: Sequence[int], size: Sequence[int]) -> int:
        """Cut a box out of a tensor."""
        return self._op("SLICE", [x, self.integers(begin), self.integers(size)], size, schema.SliceOptionsT())

    def write_rows(self, x: int, rows: int, start: int) -> int:
        """Return x with `rows` written over it from the index `start`, int32 [dimensions of x], on.

        Where the caller gives one buffer for x and for the result, nothing else is moved.
        """
        return self._op("DYNAMIC_UPDATE_SLICE", [x, rows, start], self.shape(x), version=2)

    def _op(
        self, name: str, inputs: Sequence[int], shape: Sequence[int], options: Any = None, version: int = 1
    ) -> int:
        output = self._tensor(f"t{len(self.tensors)}", shape, FLOAT32)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._model.operator_code(getattr(schema.BuiltinOperator, name), version)
        operator.inputs, operator.outputs = list(inputs), [output]
        if options is not None:
            operator.builtinOptions = options
            kind = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        self.operators.append(operator)
        return output

    def _tensor(self, name: str, shape: Sequence[int], type_: int, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), type_, buffer
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def _per_row(scales: NDArray[np.float32]) -> Any:
    quantization = schema.QuantizationParametersT()
    quantization.scale = scales
    quantization.zeroPoint = np.zeros(len(scales), np.int64)
    quantization.quantizedDimension = 0
    return quantization


def _tensor_map(name: str, tensor: int) -> Any:
    mapped = schema.TensorMapT()
    mapped.name, mapped.tensorIndex = name.encode(), tensor
    return mapped
