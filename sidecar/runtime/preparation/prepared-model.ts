import { rm } from "node:fs/promises";
import type { ModelSpec } from "../model-spec.ts";
import { alone } from "../process/grouping.ts";
import { shownReason } from "../shown-reason.ts";
import type { GraphFile } from "./graph-file.ts";
import {
	type CheckedStart,
	type ModelStart,
	preparedStart,
} from "./prepared-start.ts";

const asItCame: CheckedStart = {
	graph: { form: "original" },
	grouping: alone,
	isIntact: async () => true,
};

/**
 * Starts a model from what was prepared of it for this kind of processor, and prepares it if nothing was. What was prepared is
 * hashed while the model is loaded from it, and is used only if it is what was written; else it is made anew. A
 * model for which there is no room, or that can't be prepared, is read as it came, and the log says why.
 *
 * @param load makes the model ready; it is called again, with another file, where the first one is not good, and what it
 * throws for the model as it came is thrown
 */
export async function startPrepared<T>(
	spec: ModelSpec,
	load: (graph: GraphFile) => Promise<T>,
): Promise<ModelStart & { loaded: T }> {
	const first = await startOf(spec);
	const loaded = await loadChecked(spec, first, load);
	if (loaded !== undefined) return { ...first, ...loaded };
	const second = await anew(spec, first);
	const { graph, grouping } = (await second.isIntact()) ? second : asItCame;
	return { graph, grouping, loaded: await load(graph) };
}

/** Undefined if the model can't be loaded from a prepared file, or it is not what was written. */
async function loadChecked<T>(
	spec: ModelSpec,
	{ graph, isIntact }: CheckedStart,
	load: (graph: GraphFile) => Promise<T>,
): Promise<{ loaded: T } | undefined> {
	if (graph.form === "original") return { loaded: await load(graph) };
	const [loading, checking] = await Promise.allSettled([
		load(graph),
		isIntact(),
	]);
	if (loading.status === "rejected") say(spec, loading.reason);
	if (checking.status === "rejected") say(spec, checking.reason);
	const isGood = checking.status === "fulfilled" && checking.value;
	return isGood && loading.status === "fulfilled"
		? { loaded: loading.value }
		: undefined;
}

/** What to start from instead. A file that is what was written and can't be loaded all the same would be no better anew. */
async function anew(
	spec: ModelSpec,
	{ graph, isIntact }: CheckedStart,
): Promise<CheckedStart> {
	if (graph.form === "original" || (await isIntact().catch(() => false)))
		return asItCame;
	say(spec, "what was prepared of it is damaged, and is made anew");
	try {
		await rm(graph.folder, { recursive: true, force: true });
	} catch (error) {
		say(spec, error);
		return asItCame;
	}
	return startOf(spec);
}

async function startOf(spec: ModelSpec): Promise<CheckedStart> {
	const { preparation } = spec;
	if (preparation === undefined) return asItCame;
	try {
		return await preparedStart(spec, preparation);
	} catch (error) {
		say(spec, error);
		return asItCame;
	}
}

/** A line for the log. */
function say(spec: ModelSpec, error: unknown): void {
	const reason = error instanceof Error ? error.message : String(error);
	console.error(`the prepared graph is not used: ${shownReason(reason, spec)}`);
}
