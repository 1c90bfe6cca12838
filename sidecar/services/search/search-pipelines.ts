import type { Logger } from "pino";
import { InvalidDefinition } from "../../../ingest/invalid-definition.ts";
import { isObject } from "../../../ingest/json.ts";
import { SidecarError } from "../../errors.ts";
import { readSearchPipeline } from "../../search/pipelines/pipeline-definition.ts";
import type { SearchPipeline } from "../../search/pipelines/search-pipeline.ts";
import {
	clusterForm,
	originalIn,
	originalsText,
	storedForm,
} from "../../search/pipelines/stored-form.ts";
import type {
	SearchedIndices,
	SearchPipelineStore,
} from "../../store/search-pipelines.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import { unlessRefused } from "../refused-definition.ts";

/** Targets of searches of which the default pipeline is remembered at most. */
const maxTargets = 10_000;

export interface SearchPipelineServiceOptions {
	store: SearchPipelineStore;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
	logger: Logger;
	/** Fields that a `rerank` processor shows a model at most. */
	documentFieldsLimit: () => number;
}

/** What a search says of the pipeline that it is to run through. */
export interface PipelinedSearch extends Omit<SearchedIndices, "target"> {
	/** Undefined: the search names no indices. */
	target?: string | undefined;
	/** The URL's `search_pipeline`. */
	parameter?: string | undefined;
	/** The body's, as it was read: a name, or a pipeline. */
	inBody?: unknown;
}

/** The pipelines that hold processors of the sidecar's, by id. */
type OwnPipelines = ReadonlyMap<string, SearchPipeline | Error>;

/** Which search pipeline a search runs through, and what of it is the sidecar's; what the cluster said is remembered for a while. */
export class SearchPipelineService {
	readonly #options: SearchPipelineServiceOptions;
	readonly #pipelines: ExpiringCache<OwnPipelines>;
	readonly #defaults: ExpiringCache<string | undefined>;
	#lastRead: OwnPipelines | undefined;
	#warned = false;

	constructor(options: SearchPipelineServiceOptions) {
		this.#options = options;
		const { cacheMs: ttlMs, now } = options;
		this.#pipelines = new ExpiringCache({ ttlMs, maxEntries: 1, now });
		this.#defaults = new ExpiringCache({ ttlMs, maxEntries: maxTargets, now });
	}

	/**
	 * What is to be done for a search; undefined where nothing is. The URL's pipeline comes first, then the body's, then
	 * the default one of the indices: a search that names no indices has none.
	 *
	 * @throws SidecarError for a pipeline in the body that is not valid, or that has a name besides it
	 */
	async forSearch(
		search: PipelinedSearch,
	): Promise<SearchPipeline | undefined> {
		const { parameter, inBody } = search;
		if (isObject(inBody)) {
			if (parameter !== undefined) throw twoPipelines();
			return this.inline(inBody);
		}
		const own = await this.#own();
		if (own.size === 0) return undefined;
		const named = parameter ?? nameIn(inBody);
		const id = named ?? (await this.#defaultOf(search));
		const pipeline = id === undefined ? undefined : own.get(id);
		if (!(pipeline instanceof Error)) return pipeline;
		throw new SidecarError(
			"bad_request",
			`the search pipeline [${id}] can't be run: ${pipeline.message}`,
			{ cause: pipeline },
		);
	}

	/**
	 * What of a pipeline that stands in a search's body is the sidecar's to do.
	 *
	 * @throws SidecarError
	 */
	inline(definition: unknown): SearchPipeline | undefined {
		return unlessRefused(() => readSearchPipeline(definition, this.#limits));
	}

	/**
	 * What to send in the place of a pipeline that stands in a search's body, a JSON text; undefined where it can be sent,
	 * or has to be refused, as it is.
	 *
	 * @throws SidecarError
	 */
	clusterForm(definition: string): string | undefined {
		return unlessRefused(() => clusterForm(definition, this.#limits));
	}

	/**
	 * What to store for a pipeline that a client wrote, a JSON text; undefined where it can be stored, or has to be
	 * refused, as it is.
	 *
	 * @throws SidecarError
	 */
	storedForm(definition: string): string | undefined {
		return unlessRefused(() => storedForm(definition, this.#limits));
	}

	/** The pipelines that clients wrote, out of OpenSearch's answer. */
	originals(answer: string): string {
		return originalsText(answer);
	}

	/** Whether the cluster has any pipeline with a processor of the sidecar's. */
	async anyStored(): Promise<boolean> {
		return (await this.#own()).size > 0;
	}

	/** Forgets what the cluster said. */
	forget(): void {
		this.#pipelines.clear();
		this.#defaults.clear();
	}

	get #limits() {
		return { documentFields: this.#options.documentFieldsLimit() };
	}

	#defaultOf({
		target,
		expandWildcards,
		ignoreUnavailable,
	}: PipelinedSearch): Promise<string | undefined> {
		if (target === undefined) return Promise.resolve(undefined);
		const indices = { target, expandWildcards, ignoreUnavailable };
		const key = JSON.stringify(Object.values(indices));
		const { store } = this.#options;
		return this.#defaults.get(key, () =>
			this.#unlessForbidden(undefined, () => store.defaultOf(indices)),
		);
	}

	/**
	 * Every search asks for them. So where they can't be read, what was known before does: OpenSearch searches without a
	 * cluster manager, too.
	 */
	#own(): Promise<OwnPipelines> {
		const { store, logger } = this.#options;
		return this.#pipelines.get("", async () => {
			try {
				this.#lastRead = ownAmong(
					await this.#unlessForbidden(new Map(), () => store.all()),
				);
			} catch (error) {
				if (this.#lastRead === undefined) throw error;
				logger.warn({ err: error }, "the search pipelines can't be read");
			}
			return this.#lastRead;
		});
	}

	/** A search must not fail for a right that the sidecar's own user lacks: it is a search without a pipeline of the sidecar's. */
	async #unlessForbidden<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
		try {
			return await read();
		} catch (error) {
			if (!(error instanceof SidecarError) || error.code !== "forbidden")
				throw error;
			if (!this.#warned)
				this.#options.logger.warn({ err: error }, error.message);
			this.#warned = true;
			return otherwise;
		}
	}
}

function ownAmong(stored: ReadonlyMap<string, unknown>): OwnPipelines {
	const own = new Map<string, SearchPipeline | Error>();
	for (const [id, definition] of stored) {
		const original = originalIn(definition);
		const pipeline =
			original === undefined ? undefined : readOriginal(original);
		if (pipeline) own.set(id, pipeline);
	}
	return own;
}

/** What is wrong with it shows when it is used: it was right for the sidecar that stored it. */
function readOriginal(text: string): SearchPipeline | Error | undefined {
	try {
		return readSearchPipeline(JSON.parse(text), {
			documentFields: Number.POSITIVE_INFINITY,
		});
	} catch (error) {
		const isKnown = [InvalidDefinition, SidecarError, SyntaxError].some(
			(kind) => error instanceof kind,
		);
		if (error instanceof Error && isKnown) return error;
		throw error;
	}
}

/** What OpenSearch says of a search that names a pipeline and has another one in its body. */
function twoPipelines(): SidecarError {
	return new SidecarError(
		"bad_request",
		"Both named and inline search pipeline were specified. Please only specify one or the other.",
	);
}

/** OpenSearch takes any single value for a name; what else stands there it refuses. */
function nameIn(inBody: unknown): string | undefined {
	return ["string", "number", "boolean"].includes(typeof inBody)
		? String(inBody)
		: undefined;
}
