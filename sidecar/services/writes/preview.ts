import { invalidDocument } from "../../../ingest/failure.ts";
import { isObject } from "../../../ingest/json.ts";
import { conditionField, type Stage, type Step } from "../../../ingest/step.ts";
import { SidecarError } from "../../errors.ts";
import {
	type PipelineStore,
	type SimulatedDocument,
	type Simulation,
	unnamedIndex,
} from "../../store/pipelines.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";

/** A document on its way to a step. */
export interface Seen extends Simulation {
	/** The step's own condition does not hold for it. */
	passedBy?: boolean;
	/** Nobody but the step's guard can raise the failure. */
	unraised?: boolean;
}

/** What a step of a pipeline will see of documents, told by OpenSearch itself. */
export class Preview {
	readonly #pipelines: PipelineStore;

	constructor(pipelines: PipelineStore) {
		this.#pipelines = pipelines;
	}

	/**
	 * Documents, as they now are, as a step's stages leave them: without a source where a processor drops them, or where
	 * they do not come to the step at all. Undefined where the step has no stages.
	 */
	async of(
		documents: readonly DocumentToEmbed[],
		step: Step,
	): Promise<Seen[] | undefined> {
		const { stages, repeats } = step;
		if (stages.length === 0)
			return repeats === undefined
				? undefined
				: documents.map(() => runsTwice(repeats));
		const seen = await this.#behind(documents, step);
		if (repeats === undefined) return seen;
		return seen.map((result, index) =>
			result.source !== undefined && isMarked(documents[index], step)
				? runsTwice(repeats)
				: result,
		);
	}

	async #behind(
		documents: readonly DocumentToEmbed[],
		{ stages, conditional }: Step,
	): Promise<Seen[]> {
		let seen = documents.map(
			(document): Seen => ({
				source: JSON.parse(document.document.source),
			}),
		);
		for (const stage of stages) {
			const alive = documents.flatMap((document, at) => {
				const source = seen[at]?.source;
				return source === undefined ? [] : [{ document, at, source }];
			});
			const results = await this.#through(
				stage,
				alive.map(({ document, source }) => toSimulated(document, source)),
			);
			const next = [...seen];
			alive.forEach(({ at }, index) => {
				const { passedBy, ...result } = results[index] ?? {};
				const isOwn = conditional && stage === stages.at(-1);
				next[at] = passedBy && isOwn ? { passedBy } : result;
			});
			seen = next;
		}
		return seen;
	}

	async #through(
		stage: Stage,
		documents: readonly SimulatedDocument[],
	): Promise<Seen[]> {
		if (documents.length === 0) return [];
		const results = await this.#simulate(stage.processors, documents);
		return results.map((result, index) => {
			if (!isObject(result.source)) return result;
			if (stage.staysInIndex && result.index !== indexOf(documents[index]))
				return {};
			if (!stage.conditional) return { source: result.source };
			const { [conditionField]: found, ...source } = result.source;
			const { expected = found } = stage;
			return found === undefined || found !== expected
				? { passedBy: true }
				: { source };
		});
	}

	async #simulate(
		processors: readonly unknown[],
		documents: readonly SimulatedDocument[],
	): Promise<Simulation[]> {
		try {
			return await this.#pipelines.simulate(processors, documents);
		} catch (error) {
			if (!isRefusal(error)) throw error;
			return Promise.all(
				documents.map((document) => this.#alone(processors, document)),
			);
		}
	}

	/** One document that OpenSearch can't simulate must not take the others with it. */
	async #alone(
		processors: readonly unknown[],
		document: SimulatedDocument,
	): Promise<Simulation> {
		try {
			const [seen] = await this.#pipelines.simulate(processors, [
				withoutHugeIntegers(document),
			]);
			return seen ?? {};
		} catch (error) {
			if (isRefusal(error)) return { failure: invalidDocument(error.message) };
			throw error;
		}
	}
}

/** The mark of a pipeline is taken away at its end: a document can't go through it twice. */
function runsTwice(pipeline: string): Seen {
	return {
		failure: invalidDocument(
			`the document goes through the pipeline [${pipeline}] twice, and the ML sidecar prepares it for one run: call the pipeline once`,
		),
		unraised: true,
	};
}

/** Whether a step that may come again was carried out before. */
function isMarked(target: DocumentToEmbed | undefined, { mark, key }: Step) {
	const source: unknown = target && JSON.parse(target.document.source);
	const marks = isObject(source) ? source[mark] : undefined;
	return isObject(marks) && marks[key] !== undefined;
}

/** OpenSearch writes integers beyond 64 bits, and refuses to simulate with them; a processor sees their digits. */
function withoutHugeIntegers(document: SimulatedDocument): SimulatedDocument {
	const _source: unknown = JSON.parse(
		JSON.stringify(document._source),
		(_name, value: unknown) =>
			typeof value === "number" &&
			Number.isInteger(value) &&
			Math.abs(value) >= 2 ** 63
				? String(value)
				: value,
	);
	return { ...document, _source };
}

function indexOf(document: SimulatedDocument | undefined): string {
	return document?._index ?? unnamedIndex;
}

function isRefusal(error: unknown): error is SidecarError {
	return error instanceof SidecarError && error.code === "bad_request";
}

function toSimulated(
	{ index, id }: DocumentToEmbed,
	source: unknown,
): SimulatedDocument {
	return {
		...(index !== undefined && { _index: index }),
		...(id !== undefined && { _id: id }),
		_source: source,
	};
}
