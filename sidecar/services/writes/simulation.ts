import { PreparedDocument } from "../../../ingest/document.ts";
import { isObject } from "../../../ingest/json.ts";
import {
	type Known,
	shownAnswer,
} from "../../../ingest/pipelines/simulation-answer.ts";
import { SimulationBody } from "../../../ingest/pipelines/simulation-body.ts";
import { traced } from "../../../ingest/pipelines/simulation-trace.ts";
import type { Step } from "../../../ingest/step.ts";
import { SidecarError } from "../../errors.ts";
import { unnamedId, unnamedIndex } from "../../store/pipelines.ts";
import type { CallAnswer } from "./client-call.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import { guardedPipeline } from "./guarded-pipeline.ts";
import type { IngestService } from "./ingest.ts";
import type { PipelineService, SimulatedWay } from "./pipelines.ts";
import type { Preview } from "./preview.ts";
import type { WriteRequest } from "./write-request.ts";

export interface SimulationOptions {
	pipelines: PipelineService;
	ingest: IngestService;
	preview: Preview;
}

/** A simulation that the sidecar has a part in. */
export interface SimulationPlan extends SimulatedWay {
	readonly body: SimulationBody;
	/** The pipeline's definition with guards, where the client has sent one. */
	readonly guarded: string | undefined;
}

export interface SimulationRun<A extends CallAnswer> {
	write: WriteRequest;
	verbose: boolean;
	/** Has OpenSearch simulate, with a body. */
	ask(body: string): Promise<A>;
}

/** OpenSearch's name for a pipeline that is sent with the call. */
const sentPipeline = "_simulate_pipeline";

/** Lets OpenSearch simulate pipelines with processors that it does not know. */
export class SimulationService {
	readonly #options: SimulationOptions;

	constructor(options: SimulationOptions) {
		this.#options = options;
	}

	/**
	 * What the sidecar has to do for a call; undefined where OpenSearch can answer it by itself.
	 *
	 * @param id the stored pipeline that is asked for; undefined where the body has its definition
	 * @throws SidecarError for a definition that is not valid
	 */
	async plan(
		id: string | undefined,
		text: string,
	): Promise<SimulationPlan | undefined> {
		const body = SimulationBody.parse(text);
		if (!body) return undefined;
		const { pipelines } = this.#options;
		if (id !== undefined) {
			const way = await pipelines.forSimulation(id);
			return way.steps.length > 0
				? { body, ...way, guarded: undefined }
				: undefined;
		}
		const sent = body.pipeline;
		if (sent === undefined) return undefined;
		const guarded = guardedPipeline(sentPipeline, sent);
		const definition: unknown = JSON.parse(guarded ?? sent);
		const way = await pipelines.forSimulation({
			id: sentPipeline,
			definition,
		});
		return guarded !== undefined || way.steps.length > 0
			? { body, ...way, guarded }
			: undefined;
	}

	/** OpenSearch's answer, and its body as it is shown to the client. @throws SidecarError */
	async run<A extends CallAnswer>(
		plan: SimulationPlan,
		{ write, verbose, ask }: SimulationRun<A>,
	): Promise<{ answer: A; json: string }> {
		const { body, steps, guarded } = plan;
		const rounds: Round[] = [];
		for (let count = verbose ? 0 : steps.length; ; count++) {
			const documents = await this.#prepare(plan, count, write);
			const passedBy = await this.#passedBy(documents, steps[count]);
			for (const { document } of documents)
				for (const step of steps.slice(count))
					if (!step.inForeach) document.markDone(step);
			const sources = documents.map(({ document }) => document.source);
			const answer = await ask(body.render(sources, guarded));
			if (answer.status !== 200) return { answer, json: answer.body };
			rounds.push({ sources, passedBy, answer: answer.body });
			if (count < steps.length) continue;
			const marks = new Set(steps.map(({ mark }) => mark));
			const known = documents.map(({ document }) => ({
				marks,
				failure: document.failure,
			}));
			const json = verbose
				? this.#traced(plan, rounds, known)
				: shownAnswer(answer.body, known);
			return { answer, json };
		}
	}

	/** The documents with what the first steps make of them. */
	async #prepare(
		{ body, steps }: SimulationPlan,
		count: number,
		write: WriteRequest,
	): Promise<DocumentToEmbed[]> {
		const first = steps.filter(
			({ inForeach }, index) => index < count || inForeach,
		);
		const documents = body.documents.map(({ text, ...place }) => {
			const document = PreparedDocument.parse(Buffer.from(text));
			if (!document)
				throw new SidecarError(
					"bad_request",
					"[_source] is not a JSON object that can be simulated",
				);
			return { document, steps: first, ...place };
		});
		await this.#options.ingest.embed(documents, write);
		return documents;
	}

	/** Whether the condition of the next step does not hold, for each document. */
	async #passedBy(
		documents: readonly DocumentToEmbed[],
		step: Step | undefined,
	): Promise<boolean[]> {
		if (!step?.conditional) return [];
		const seen = await this.#options.preview.of(documents, step);
		return (seen ?? []).map(({ passedBy }) => passedBy === true);
	}

	#traced(
		{ body, steps, ids }: SimulationPlan,
		rounds: readonly Round[],
		known: readonly Known[],
	): string {
		const runs = rounds.map(({ answer }) => tracesIn(answer));
		const docs = body.documents.map(({ index, id, routing }, at) => {
			const one = known[at];
			if (!one) return null;
			const place = {
				_index: index ?? unnamedIndex,
				_id: id ?? unnamedId,
				...(routing !== undefined && { _routing: routing }),
			};
			const processor_results = traced({
				...one,
				steps,
				pipelines: ids,
				runs: runs.map((run) => run[at] ?? []),
				inputs: rounds.map(({ sources }) => ({
					...place,
					_source: JSON.parse(sources[at] ?? "{}"),
				})),
				passedBy: new Set(
					steps.filter((_step, index) => rounds[index]?.passedBy[at]),
				),
			});
			return { processor_results };
		});
		return JSON.stringify({ docs });
	}
}

/** One simulation of all documents. */
interface Round {
	readonly sources: readonly string[];
	readonly passedBy: readonly boolean[];
	readonly answer: string;
}

/** What OpenSearch tells of the processors, for each document. */
function tracesIn(answer: string): unknown[][] {
	const parsed: unknown = JSON.parse(answer);
	const docs =
		isObject(parsed) && Array.isArray(parsed.docs) ? parsed.docs : [];
	return docs.map((doc: unknown) =>
		isObject(doc) && Array.isArray(doc.processor_results)
			? doc.processor_results
			: [],
	);
}
