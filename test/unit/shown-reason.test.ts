import { expect, test } from "vitest";
import type { ModelSpec } from "../../sidecar/runtime/model-spec.ts";
import { shownReason } from "../../sidecar/runtime/shown-reason.ts";

const spec: ModelSpec = {
	functionName: "SPARSE_ENCODING",
	modelPath: "/home/someone/.cache/models/0123/model.onnx",
	tokenizerPath: "/home/someone/.cache/models/0123/tokenizer.json",
	allocations: 1,
	threadsPerAllocation: 1,
};

test("why a model can't be loaded is said without the folders of the machine", () => {
	expect(
		shownReason(
			`Load model from ${spec.modelPath} failed: no ${spec.tokenizerPath}`,
			spec,
		),
	).toBe("Load model from model.onnx failed: no tokenizer.json");
	expect(shownReason("nothing in /home/someone/.cache/models/0123", spec)).toBe(
		"nothing in .",
	);
});
