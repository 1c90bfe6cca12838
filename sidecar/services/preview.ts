import { isObject } from "../../ingest/json.ts";
import { conditionField, type Stage, type Step } from "../../ingest/step.ts";
import { SidecarError } from "../errors.ts";
import type {
	PipelineStore,
	SimulatedDocument,
	Simulation,
} from "../store/pipelines.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";

/** A document on its way to a step. */
export interface Seen extends Simulation {
	/** The step's own condition does not hold for it. */
	passedBy?: boolean;
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
		{ stages, conditional }: Step,
	): Promise<Seen[] | undefined> {
		if (stages.length === 0) return undefined;
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
		if (!stage.conditional) return results;
		return results.map((result) => {
			if (!isObject(result.source)) return result;
			const { [conditionField]: holds, ...source } = result.source;
			return holds === undefined ? { passedBy: true } : { source };
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
			const [seen] = await this.#pipelines.simulate(processors, [document]);
			return seen ?? {};
		} catch (error) {
			if (isRefusal(error)) return { failure: error.message };
			throw error;
		}
	}
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
