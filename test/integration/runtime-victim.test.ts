import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
beforeAll(async () => {
	models = await RuntimeModels.create();
});
afterAll(() => models.close());

test.runIf(existsSync("/proc/self/oom_score_adj"))(
	"where memory runs out, a model's process is ended, and not the sidecar or OpenSearch",
	async () => {
		const model = await models
			.runtime()
			.load("victim", await models.miniLm("int8"));
		const score = (pid: number | string) =>
			readFile(`/proc/${pid}/oom_score_adj`, "utf8");
		expect((await score(model.stats().pid ?? "none")).trim()).toBe("1000");
		expect((await score("self")).trim()).not.toBe("1000");
	},
);

test("why a model can't be loaded is told without the folders of the machine", async () => {
	const spec = await models.miniLm("int8");
	const folder = dirname(spec.modelPath);
	const modelPath = join(folder, "no-model.onnx");
	await writeFile(modelPath, "this is no model");
	const refused = await models
		.runtime()
		.load("bad", { ...spec, modelPath })
		.catch((error: unknown) => String(error));
	expect(refused).toContain("no-model.onnx");
	expect(refused).not.toContain(folder);
});
