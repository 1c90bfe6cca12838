import type { EmbeddingStep } from "../../ingest/guard.ts";
import { SidecarError } from "../errors.ts";
import type {
	PipelineStore,
	SimulatedDocument,
	Simulation,
} from "../store/pipelines.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";

/** What a step of a pipeline will see of documents, told by OpenSearch itself. */
export class Preview {
	readonly #pipelines: PipelineStore;

	constructor(pipelines: PipelineStore) {
		this.#pipelines = pipelines;
	}

	/** Documents, as they now are, as a step's prelude leaves them; undefined where the step has none. */
	async of(
		documents: readonly DocumentToEmbed[],
		{ prelude }: EmbeddingStep,
	): Promise<Simulation[] | undefined> {
		if (prelude.length === 0) return undefined;
		const simulated = documents.map(toSimulated);
		try {
			return await this.#pipelines.simulate(prelude, simulated);
		} catch (error) {
			if (!isRefusal(error)) throw error;
			return Promise.all(
				simulated.map((document) => this.#alone(prelude, document)),
			);
		}
	}

	/** One document that OpenSearch can't simulate must not take the others with it. */
	async #alone(
		prelude: readonly unknown[],
		document: SimulatedDocument,
	): Promise<Simulation> {
		try {
			const [seen] = await this.#pipelines.simulate(prelude, [document]);
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

function toSimulated({
	document,
	index,
	id,
}: DocumentToEmbed): SimulatedDocument {
	const source: unknown = JSON.parse(document.source);
	return {
		...(index !== undefined && { _index: index }),
		...(id !== undefined && { _id: id }),
		_source: source,
	};
}
