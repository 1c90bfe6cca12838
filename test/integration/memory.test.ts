import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { SidecarClient } from "../../sidecar/dev/sidecar-client.ts";
import { largeModelVector, makeLargeModel } from "../helpers/large-model.ts";
import { LargeModelClient } from "../helpers/large-model-client.ts";
import { opensearchUrl } from "../helpers/opensearch.ts";
import {
	canMeasureMemory,
	peakDuring,
	residentBytes,
} from "../helpers/process-memory.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";

const mebibyte = 1024 * 1024;
const modelBytes = 160 * mebibyte;

/** What a model may add to the sidecar's own process; less than the model, or nothing would be shown. */
const riseLimit = 96 * mebibyte;

describe.runIf(canMeasureMemory)("a model of 160 MiB", () => {
	const ends: (() => Promise<unknown>)[] = [];
	let archive: ModelArtifact;
	let sidecar: SidecarProcess;
	let models: LargeModelClient;

	beforeAll(async () => {
		const folder = await mkdtemp(join(tmpdir(), "sidecar-memory-test-"));
		ends.push(() => rm(folder, { recursive: true, force: true }));
		archive = await makeLargeModel(join(folder, "large.zip"), modelBytes);
		sidecar = await runSidecar({
			OPENSEARCH_URL: opensearchUrl(),
			SIDECAR_MODEL_ALLOCATIONS: "1",
		});
		ends.push(async () => {
			sidecar.child.kill("SIGTERM");
			await sidecar.closed;
		});
		const client = new SidecarClient(await sidecar.address);
		ends.push(() => client.close());
		models = new LargeModelClient(client);
	});
	afterAll(async () => {
		for (const end of ends.reverse()) await end();
	});

	it("passes through the sidecar, which stays small beside whatever else runs on its machine", async () => {
		const { pid } = sidecar.child;
		if (pid === undefined) throw new Error("no sidecar was started");
		const before = await residentBytes(pid);

		const { result: id, peak: registering } = await peakDuring(pid, () =>
			models.registerInChunks(archive),
		);
		const { result: vector, peak: deploying } = await peakDuring(
			pid,
			async () => {
				await models.deploy(id);
				return models.vector(id);
			},
		);
		await models.undeploy(id);
		await models.delete(id);

		for (const [index, value] of largeModelVector().entries())
			expect(vector[index]).toBeCloseTo(value, 6);
		expect(registering.own - before).toBeLessThan(riseLimit);
		expect(deploying.own - before).toBeLessThan(riseLimit);
	});
});
