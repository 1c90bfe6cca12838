import { stat } from "node:fs/promises";
import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { proportionalBytes } from "../../helpers/process-memory.ts";
import type { Ending } from "../ending.ts";
import { benchMiniLm, benchRuntime } from "./bench-models.ts";
import { median } from "./statistics.ts";
import type { Row } from "./table.ts";
import { until } from "./until.ts";

const mebibyte = 1024 * 1024;

export interface AllocationMemoryOptions {
	rounds: number;
	/** What the model runs before its memory is looked at: short and long ones. */
	texts: readonly string[];
	ending: Ending;
	report: (line: string) => void;
}

/**
 * What a model's process has in memory with one and with two allocations, in processes of their own. Weights that
 * allocations share count once.
 */
export async function allocationMemory(
	precision: Precision,
	options: AllocationMemoryOptions,
): Promise<Row[]> {
	const spec = await benchMiniLm(precision, options);
	const runtime = benchRuntime(options.ending);
	const resident = async (allocations: number): Promise<number> => {
		const id = `memory-${precision}-${allocations}`;
		const model = await runtime.load(id, { ...spec, allocations });
		await until(async () => model.stats().allocations === allocations);
		await model.run(options.texts, { lane: "ingest", whenFull: "wait" });
		const { pid } = model.stats();
		if (pid === undefined) throw new Error("the model has no process");
		const bytes = await proportionalBytes(pid);
		await runtime.unload(id);
		return bytes;
	};
	const one: number[] = [];
	const two: number[] = [];
	// The first load prepares the graph, which all others then use.
	await resident(2);
	for (let round = 0; round < options.rounds; round++) {
		one.push(await resident(1));
		two.push(await resident(2));
	}
	await runtime.close();
	const { size } = await stat(spec.modelPath);
	const shown = (bytes: number) => (bytes / mebibyte).toFixed(0);
	return [
		{
			what: `second allocation's resident memory (theirs: the model file), ${precision}`,
			unit: "MiB",
			ours: (median(two) - median(one)) / mebibyte,
			theirs: size / mebibyte,
			note: `the process: ${shown(median(one))} MiB with one, ${shown(median(two))} with two`,
		},
	];
}
