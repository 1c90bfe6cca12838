import { rm } from "node:fs/promises";
import type { ModelSpec } from "../model-spec.ts";
import { alone } from "../process/grouping.ts";
import { shownReason } from "../shown-reason.ts";
import type { GraphFile } from "./graph-file.ts";
import {
	type CheckedStart,
	findStart,
	type ModelStart,
	prepareStart,
} from "./prepared-start.ts";

const asItCame: CheckedStart = {
	graph: { form: "original" },
	grouping: alone,
	isIntact: async () => true,
};

/** A model that is ready, and whether it is to be prepared yet. */
export interface StartedModel<T> extends ModelStart {
	loaded: T;
	isPrepared: boolean;
}

/**
 * Starts a model from what was prepared of it for this kind of processor, else as it came. What was prepared is hashed
 * while the model is loaded from it, and is used only if it is what was written; else it is removed.
 *
 * @param load makes the model ready; it is called again, with another file, where the first one is not good, and what it
 * throws for the model as it came is thrown
 */
export async function startPrepared<T>(
	spec: ModelSpec,
	load: (graph: GraphFile) => Promise<T>,
): Promise<StartedModel<T>> {
	const found = await foundStart(spec);
	const { graph, grouping } = found ?? asItCame;
	const loaded = found && (await loadChecked(spec, found, load));
	if (loaded !== undefined)
		return { graph, grouping, ...loaded, isPrepared: true };
	const isPrepared =
		spec.preparation === undefined ||
		(found !== undefined && !(await removeDamaged(spec, found)));
	return {
		...asItCame,
		loaded: await load(asItCame.graph),
		isPrepared,
	};
}

/**
 * Prepares a model that was started as it came, for its other allocations and its next start. A model for which there is
 * no room, or that can't be prepared, stays as it came, and the log says why.
 */
export async function prepareModel(spec: ModelSpec): Promise<ModelStart> {
	const { preparation } = spec;
	if (preparation === undefined) return asItCame;
	try {
		const start = await prepareStart(spec, preparation);
		return (await start.isIntact()) ? start : asItCame;
	} catch (error) {
		say(spec, error);
		return asItCame;
	}
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

/**
 * Removes what is not what was written. One that is, and can't be loaded all the same, would be no better if it were made
 * again.
 *
 * @returns whether it was removed
 */
async function removeDamaged(
	spec: ModelSpec,
	{ graph, isIntact }: CheckedStart,
): Promise<boolean> {
	if (graph.form === "original" || (await isIntact().catch(() => false)))
		return false;
	say(spec, "what was prepared of it is damaged, and is made anew");
	try {
		await rm(graph.folder, { recursive: true, force: true });
		return true;
	} catch (error) {
		say(spec, error);
		return false;
	}
}

async function foundStart(spec: ModelSpec): Promise<CheckedStart | undefined> {
	if (spec.preparation === undefined) return undefined;
	try {
		return await findStart(spec);
	} catch (error) {
		say(spec, error);
		return undefined;
	}
}

/** A line for the log. */
function say(spec: ModelSpec, error: unknown): void {
	const reason = error instanceof Error ? error.message : String(error);
	console.error(`the prepared graph is not used: ${shownReason(reason, spec)}`);
}
