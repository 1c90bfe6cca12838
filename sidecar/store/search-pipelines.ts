import type { Client } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
import { forbiddenOr, statusOf } from "./client.ts";
import { noPipeline } from "./index-pipelines.ts";

/** Which indices a search looks in. */
export interface SearchedIndices {
	/** Names, aliases and patterns, with commas between, as the client gives them. */
	readonly target: string;
	/** The parameters of those names, where the search has them. */
	readonly expandWildcards?: string | undefined;
	readonly ignoreUnavailable?: string | undefined;
}

/** The largest part of a target that is asked for at once, in percent-encoded bytes: OpenSearch takes lines of 4 KiB. */
const mostTargetBytes = 3_000;

/** What patterns of index names may be expanded to; for any other word OpenSearch refuses the search. */
const expansions = ["all", "closed", "hidden", "none", "open"] as const;

/** How long OpenSearch may look for its cluster manager: what was known before does for a search. */
const managerTimeout = "2s";

/** The search pipelines of the cluster, and which of them an index is searched through. */
export class SearchPipelineStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/** Every stored search pipeline, by id. */
	async all(): Promise<Map<string, unknown>> {
		try {
			const { body } = await this.#client.searchPipeline.get({
				cluster_manager_timeout: managerTimeout,
			});
			return new Map(Object.entries(body));
		} catch (error) {
			if (statusOf(error) === 404) return new Map();
			throw forbiddenOr(
				error,
				"read the search pipelines",
				"cluster:admin/search/pipeline/get",
			);
		}
	}

	/**
	 * The pipeline of a search that names none: the one default pipeline of the indices that it looks in. Those that say
	 * nothing don't count; where two say different things, OpenSearch runs neither. (It may run one where others say
	 * `_none`: that depends on which index it comes to first.)
	 */
	async defaultOf(indices: SearchedIndices): Promise<string | undefined> {
		const parts = partsOf(indices.target);
		const found = await Promise.all(
			parts.map((part) => this.#defaultsOf(part, indices)),
		);
		const ids = new Set(found.flat());
		const [id] = ids;
		return ids.size === 1 && id !== noPipeline ? id : undefined;
	}

	async #defaultsOf(
		target: string,
		{ expandWildcards, ignoreUnavailable }: SearchedIndices,
	): Promise<string[]> {
		const setting = "index.search.default_pipeline";
		try {
			const { body } = await this.#client.indices.getSettings({
				index: target,
				name: setting,
				flat_settings: true,
				...(expandWildcards && {
					expand_wildcards: expansions.filter((name) =>
						expandWildcards.split(",").includes(name),
					),
				}),
				...(ignoreUnavailable === "true" && { ignore_unavailable: true }),
			});
			return Object.values(body).flatMap((index) => {
				const settings: unknown = index.settings;
				const id = isObject(settings) ? settings[setting] : undefined;
				return typeof id === "string" ? [id] : [];
			});
		} catch (error) {
			const status = statusOf(error);
			// OpenSearch says what is wrong with the indices to whoever searches in them.
			if (status === 404 || status === 400) return [];
			throw forbiddenOr(
				error,
				`read the settings of ${target}`,
				"indices:monitor/settings/get",
			);
		}
	}
}

/** A target in parts that fit into a request's first line; one that takes names out again stays whole. */
function partsOf(target: string): string[] {
	const names = target.split(",");
	if (names.some((name) => name.startsWith("-"))) return [target];
	const parts: string[] = [];
	let part = "";
	for (const name of names) {
		const longer = part === "" ? name : `${part},${name}`;
		if (part !== "" && encodeURIComponent(longer).length > mostTargetBytes) {
			parts.push(part);
			part = name;
		} else part = longer;
	}
	return [...parts, part];
}
