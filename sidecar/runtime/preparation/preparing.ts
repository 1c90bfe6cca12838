import { dirname } from "node:path";
import type { ModelSpec } from "../model-spec.ts";
import type { Grouping } from "../process/grouping.ts";
import { ModelSession } from "../session.ts";
import { shownReason } from "../shown-reason.ts";
import { TextTokenizer } from "../tokenizer.ts";
import { findGrouping } from "./find-grouping.ts";
import { faultOf, tryForm } from "./form-trial.ts";
import type { GraphFile } from "./graph-file.ts";
import type { TokenRange } from "./probe-inputs.ts";
import { processorMs } from "./processor-time.ts";

/** What is to be found out about a model. */
export interface PreparationRequest {
	spec: ModelSpec;
	graph: GraphFile;
}

/** What has been found out. */
export interface Preparation {
	/** Why the graph is to be read as it came; left out where it was prepared. */
	fault?: string;
	grouping: Grouping;
}

/** What is spent on groups: time of a processor for each thread, and time at all where others take the processors. */
const groupingBudgetMs = 1_500;
const groupingPatienceMs = 5_000;

/**
 * Prepares a graph where it is told to keep it, sees that it makes of tokens what the original makes of them, bit for bit and
 * as quickly, and finds out what may be run together. One session at a time is in memory. Throws where the
 * original can't be loaded or run.
 */
export async function prepare({
	spec,
	graph,
}: PreparationRequest): Promise<Preparation> {
	const { vocabularySize: vocabulary, window } = await TextTokenizer.fromFile(
		spec.tokenizerPath,
		spec.maxLength,
	);
	const range = { vocabulary, window };
	if (graph.form === "prepared" || graph.keepIn === undefined)
		return { grouping: await groupingOf(spec, graph, range) };
	const { keepIn } = graph;
	const original = await withSession(spec, graph, (session) =>
		tryForm(session, range),
	);
	const prepared: GraphFile = { form: "prepared", folder: keepIn };
	try {
		return await withSession(spec, prepared, async (session) => {
			const fault = faultOf(await tryForm(session, range), original);
			if (fault !== undefined) throw new Error(fault);
			return { grouping: await groupingIn(session, spec, range) };
		});
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		return {
			fault: shownReason(reason, spec).replaceAll(dirname(keepIn), ""),
			grouping: await groupingOf(spec, { form: "original" }, range),
		};
	}
}

function groupingOf(
	spec: ModelSpec,
	graph: GraphFile,
	range: TokenRange,
): Promise<Grouping> {
	return withSession(spec, graph, (session) =>
		groupingIn(session, spec, range),
	);
}

function groupingIn(
	session: ModelSession,
	{ threadsPerAllocation: threads }: ModelSpec,
	range: TokenRange,
): Promise<Grouping> {
	const enough = processorMs() + groupingBudgetMs * threads;
	const latest = performance.now() + groupingPatienceMs;
	return findGrouping(session, {
		...range,
		now: processorMs,
		isOver: () => processorMs() > enough || performance.now() > latest,
	});
}

async function withSession<T>(
	spec: ModelSpec,
	graph: GraphFile,
	work: (session: ModelSession) => Promise<T>,
): Promise<T> {
	const session = await ModelSession.create(spec, graph);
	try {
		return await work(session);
	} finally {
		await session.release();
	}
}
