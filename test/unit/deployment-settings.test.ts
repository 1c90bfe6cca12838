import { describe, expect, it } from "vitest";
import type { StoredModel } from "../../schemas/model.ts";
import { readDeploymentSettings } from "../../sidecar/services/deployment-settings.ts";
import {
	isDone,
	toDeploying,
	toUndeployed,
	withWorker,
} from "../../sidecar/services/model-state.ts";
import { registeredModel } from "../helpers/registered-model.ts";

describe("the settings of a deployment", () => {
	it("are those of the body, as numbers or as text", () => {
		expect(
			readDeploymentSettings(
				{
					number_of_allocations: 2,
					threads_per_allocation: "4",
					queue_capacity: 10,
					cache_size: "64mb",
				},
				{},
			),
		).toEqual({
			number_of_allocations: 2,
			threads_per_allocation: 4,
			queue_capacity: 10,
			cache_size: 64 * 1024 * 1024,
		});
	});

	it.each([
		["0b", 0],
		["0", 0],
		["1048576", 1_048_576],
		["2k", 2_048],
		[5_000, 5_000],
	])("take a size as %s", (cache_size, bytes) => {
		expect(readDeploymentSettings({ cache_size }, {})).toEqual({
			cache_size: bytes,
		});
	});

	it("of the URL stand before the body's, and nobody has to give any", () => {
		expect(
			readDeploymentSettings(
				{ number_of_allocations: 2, queue_capacity: 7 },
				{ number_of_allocations: "3" },
			),
		).toEqual({ number_of_allocations: 3, queue_capacity: 7 });
		expect(readDeploymentSettings(null, {})).toEqual({});
		expect(readDeploymentSettings(undefined, {})).toEqual({});
	});

	it.each([
		["number_of_allocations", 0, "it must be a whole number from 1 to 64"],
		["number_of_allocations", 65, "it must be a whole number from 1 to 64"],
		["number_of_allocations", 1.5, "it must be a whole number from 1 to 64"],
		["threads_per_allocation", -1, "it must be a whole number from 1 to 64"],
		["threads_per_allocation", "two", "it must be a whole number from 1 to 64"],
		["queue_capacity", 1_000_001, "a whole number from 1 to 1000000"],
		["queue_capacity", "", "a whole number from 1 to 1000000"],
		["queue_capacity", null, "a whole number from 1 to 1000000"],
		["queue_capacity", { a: 1 }, "a whole number from 1 to 1000000"],
		["cache_size", -1, "a size in bytes from 0 to 9007199254740991"],
		["cache_size", "8pb1", "size in bytes"],
		["cache_size", "9000pb", "size in bytes"],
	])(
		"that can't be are refused with field, value and limits: %s: %j",
		(name, value, expected) => {
			const read = () => readDeploymentSettings({ [name]: value }, {});
			expect(read).toThrow(expected);
			expect(read).toThrow(`[${name}]`);
			expect(read).toThrow(
				expect.objectContaining({ code: "bad_request", status: 400 }),
			);
		},
	);

	it("that are long are not repeated in full", () => {
		for (const name of ["queue_capacity", "cache_size"]) {
			const read = () =>
				readDeploymentSettings({ [name]: "9".repeat(100_000) }, {});
			expect(read).toThrow(/^.{1,300}$/);
		}
	});
});

describe("a deployed model", () => {
	const plan = { now: 2, nodes: ["a", "b"], everywhere: true };
	const two = { number_of_allocations: 2 };

	function changed(model: StoredModel | undefined): StoredModel {
		if (!model) throw new Error("the model stays as it is");
		return model;
	}

	/** Deployed on both nodes, with what the document says then. */
	function deployed(model: StoredModel): StoredModel {
		return ["a", "b"].reduce((current, nodeId) => {
			const { settings } = current.sidecar;
			const worker = {
				state: "deployed" as const,
				...(settings && { settings }),
			};
			return changed(withWorker(current, { now: 3, nodeId, worker }));
		}, model);
	}

	const serving = deployed(
		changed(toDeploying(registeredModel, { ...plan, settings: two })),
	);

	it("keeps its settings when it is deployed again without any", () => {
		expect(serving.sidecar.settings).toEqual(two);
		expect(toDeploying(serving, plan)).toBeUndefined();
		expect(toDeploying(serving, { ...plan, settings: two })).toBeUndefined();
	});

	it("goes on while it takes up others, and every node is waited for", () => {
		const settings = { queue_capacity: 5 };
		const after = changed(toDeploying(serving, { ...plan, settings }));
		expect(after.model_state).toBe("DEPLOYED");
		expect(after.sidecar.settings).toEqual({ ...two, ...settings });
		const done = (model: StoredModel) =>
			Object.values(model.sidecar.workers).filter((worker) =>
				isDone(model, worker),
			).length;
		expect(done(serving)).toBe(2);
		expect(done(after)).toBe(0);
		expect(done(deployed(after))).toBe(2);
	});

	it("forgets them when it is undeployed, and not while a node is left", () => {
		const left = changed(toUndeployed(serving, { now: 4, nodes: ["a"] }));
		expect(left.sidecar.settings).toEqual(two);
		const gone = changed(toUndeployed(serving, { now: 4 }));
		expect(gone.sidecar).not.toHaveProperty("settings");
		expect(changed(toDeploying(gone, plan)).sidecar).not.toHaveProperty(
			"settings",
		);
	});

	it("that failed everywhere is deployed anew by the defaults", () => {
		const worker = { state: "failed", reason: "no" } as const;
		const failed = ["a", "b"].reduce(
			(model, nodeId) => changed(withWorker(model, { now: 3, nodeId, worker })),
			changed(toDeploying(registeredModel, { ...plan, settings: two })),
		);
		expect(failed.model_state).toBe("DEPLOY_FAILED");
		expect(changed(toDeploying(failed, plan)).sidecar).not.toHaveProperty(
			"settings",
		);
	});
});
