// Package nn runs small neural networks with ONNX Runtime, one thread each: the
// text recogniser of ocr and the comparer of sealcheck share its one process-wide
// environment. Same bytes in, same numbers out on one kind of processor; between
// processors the last bits may differ.
package nn
