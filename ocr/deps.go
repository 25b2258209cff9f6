package ocr

import "heyin/imaging/nn"

// The recogniser's files beside the runtime, as `make setup` puts them into .deps.
const (
	modelFile = "ch_PP-OCRv4_rec_infer.onnx"
	keysFile  = "ppocr_keys_v1.txt"
)

// FindDeps gives the folder that holds the recogniser's files and the runtime;
// the error wraps nn.ErrDeps.
func FindDeps(configured string) (string, error) {
	return nn.FindDeps(configured, nn.RuntimeFile, modelFile, keysFile)
}
