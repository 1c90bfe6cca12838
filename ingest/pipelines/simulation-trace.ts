import { isObject, type JsonObject } from "../json.ts";
import type { Step } from "../step.ts";
import { type Guard, raisesAgain, readGuard } from "./guard-processor.ts";
import { type Known, shownError, shownSource } from "./simulation-answer.ts";

/** Verbose simulations of one document. */
export interface Trace extends Known {
	/** All the steps that it may go through. */
	readonly steps: readonly Step[];
	/**
	 * What OpenSearch has told of the processors, time after time: in the first run the document had nothing of what the
	 * steps make, in the second one what the first step makes, and so on. All guards were passed up to there.
	 */
	readonly runs: readonly (readonly unknown[])[];
	/** The document as it went into each of the runs. */
	readonly inputs: readonly JsonObject[];
	/** The ids of pipelines by their marks. */
	readonly pipelines: ReadonlyMap<string, string>;
	/** The steps whose condition does not hold. */
	readonly passedBy: ReadonlySet<Step>;
}

/** A guard's place among what a run tells. */
interface Met {
	readonly guard: Guard;
	readonly key: string | undefined;
}

/**
 * What a verbose `_simulate` would tell of a document if the cluster knew the sidecar's processors: up to a guard out of
 * the run that has the results of the steps before it, and from the guard on out of the next one.
 */
export function traced(trace: Trace): unknown[] {
	const shown: unknown[] = [];
	let run = 0;
	let guards = 0;
	/** The processor whose failure may be handled by what follows. */
	let failed: string | undefined;
	for (let at = 0; at < resultsOf(trace, run).length; at++) {
		const result = resultsOf(trace, run)[at];
		const met = guardOf(result);
		if (!met) {
			if (!isOwn(result, trace))
				shown.push(shownResult(named(result, failed), trace));
			continue;
		}
		const step = trace.steps.findIndex(
			({ mark, key }, index) =>
				index >= run && mark === met.guard.mark && key === met.key,
		);
		const next = step < 0 ? -1 : guardAt(resultsOf(trace, step + 1), guards);
		if (next >= 0) {
			run = step + 1;
			at = next;
		}
		guards++;
		const told = asProcessor({ trace, run, at, met });
		if (told.status === "error") failed = met.guard.processor.kind;
		shown.push(told);
	}
	return shown;
}

/** What a guard tells, as its processor would. */
function asProcessor({
	trace,
	run,
	at,
	met: { guard, key },
}: {
	trace: Trace;
	run: number;
	at: number;
	met: Met;
}): JsonObject {
	const result = objectOf(resultsOf(trace, run)[at]);
	const { status, tag, error, ignored_error } = result;
	const { mark, condition, processor, original } = guard;
	const step = trace.steps.find(
		(candidate) => candidate.mark === mark && candidate.key === key,
	);
	const isPassedBy = step !== undefined && trace.passedBy.has(step);
	const hasRun = status === "skipped" && !isPassedBy;
	const { description } = objectOf(
		objectOf(JSON.parse(original))[processor.kind],
	);
	const left = hasRun ? leftBefore(trace, run, at) : result.doc;
	return {
		processor_type: processor.kind,
		status: hasRun ? "success" : status,
		...(description !== undefined && { description }),
		...(tag !== undefined && { tag }),
		...(condition !== undefined && {
			if: { condition: sourceOf(condition), result: !isPassedBy },
		}),
		...(error !== undefined && { error: shownError(error, trace) }),
		...(ignored_error !== undefined && {
			ignored_error: shownIgnored(ignored_error, trace),
		}),
		...(left !== undefined && {
			doc: shownDocument(
				hasRun ? inPipeline(left, trace.pipelines.get(mark)) : left,
				trace,
			),
		}),
	};
}

/** The document as the processors before a place in a run have left it. */
function leftBefore(trace: Trace, run: number, at: number): unknown {
	const docs = (results: readonly unknown[]) =>
		results.map((result) => objectOf(result).doc).filter(isObject);
	const results = resultsOf(trace, run);
	const last = docs(results.slice(0, at)).at(-1);
	if (last) return last;
	const [later] = docs(results);
	return { ...trace.inputs[run], _ingest: objectOf(later?._ingest) };
}

function inPipeline(doc: unknown, pipeline: string | undefined): JsonObject {
	const { _ingest, ...rest } = objectOf(doc);
	const { timestamp } = objectOf(_ingest);
	return {
		...rest,
		_ingest: { pipeline, ...(timestamp !== undefined && { timestamp }) },
	};
}

function shownResult(result: unknown, known: Known): unknown {
	if (!isObject(result)) return result;
	const { doc, error, ignored_error } = result;
	return {
		...result,
		...(error !== undefined && { error: shownError(error, known) }),
		...(ignored_error !== undefined && {
			ignored_error: shownIgnored(ignored_error, known),
		}),
		...(doc !== undefined && { doc: shownDocument(doc, known) }),
	};
}

/** What a handler tells, to whom OpenSearch names the guard as the processor that has failed. */
function named(result: unknown, failed: string | undefined): unknown {
	const doc = objectOf(objectOf(result).doc);
	const ingest = objectOf(doc._ingest);
	if (failed === undefined || ingest.on_failure_processor_type !== "fail")
		return result;
	const _ingest = { ...ingest, on_failure_processor_type: failed };
	return { ...objectOf(result), doc: { ...doc, _ingest } };
}

function shownIgnored(ignored: unknown, known: Known): unknown {
	return isObject(ignored)
		? { ...ignored, error: shownError(ignored.error, known) }
		: ignored;
}

function shownDocument(doc: unknown, known: Known): unknown {
	return isObject(doc)
		? { ...doc, _source: shownSource(doc._source, known) }
		: doc;
}

function guardOf(result: unknown): Met | undefined {
	if (!isObject(result) || result.processor_type !== "fail") return undefined;
	const { description } = result;
	const guard = readGuard({ fail: { description } });
	const { condition } = objectOf(result.if);
	return guard && { guard, key: /\['(p\d+)'\]/.exec(String(condition))?.[1] };
}

/** The place of a run's guard, counted from 0. */
function guardAt(results: readonly unknown[], count: number): number {
	const places = results.flatMap((result, at) => (guardOf(result) ? [at] : []));
	return places[count] ?? -1;
}

/** Whether a result is of what stands behind the guards, or in them. */
function isOwn(result: unknown, { marks }: Known): boolean {
	if (!isObject(result)) return false;
	const { processor_type, tag, description } = result;
	if (processor_type === "fail") return description === raisesAgain;
	return (
		processor_type === "remove" && typeof tag === "string" && marks.has(tag)
	);
}

function resultsOf({ runs }: Trace, run: number): readonly unknown[] {
	return runs[run] ?? [];
}

/** A condition may be a script with its language. */
function sourceOf(condition: unknown): unknown {
	return isObject(condition) ? condition.source : condition;
}

function objectOf(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}
