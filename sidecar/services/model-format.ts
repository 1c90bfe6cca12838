import { SidecarError } from "../errors.ts";

/** @throws SidecarError bad_request, in ml-commons' words, for another format than the one that is implemented */
export function requireOnnx(format: string | undefined): void {
	if (format === "ONNX") return;
	throw new SidecarError("bad_request", problem(format));
}

function problem(format: string | undefined): string {
	if (format === undefined) return "model format is null";
	return format === "TORCH_SCRIPT"
		? "model_format TORCH_SCRIPT is not supported: export the model to ONNX"
		: "Wrong model format";
}
