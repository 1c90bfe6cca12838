import type { Node } from "jsonc-parser";
import type { Member, Renderer } from "../../../ingest/json-tree.ts";
import type { QueryPlace } from "../query-place.ts";
import type { TokenWeights } from "./rank-features.ts";

/** A query of the sidecar's, as far as the body of the search alone says what it is. */
export interface TextQuery {
	readonly name: "neural" | "neural_sparse";
	readonly field: string;
	/** Undefined where the search pipeline or the index has to say it. */
	readonly modelId: string | undefined;
	/** Undefined for a query that brings what a model would make of a text. */
	readonly text: string | undefined;
	/** What a model would make of a text. */
	readonly tokens: TokenWeights | undefined;
	/** What takes the text apart in the place of a model. */
	readonly analyzer: string | undefined;
	readonly place: QueryPlace;
	/** The member of the body of which the name is the query's type. */
	readonly clause: Member;
	/** What is said about the field. */
	readonly options: readonly Member[];
}

/** What a query needs of a model. */
export interface WantedResult {
	readonly modelId: string;
	readonly text: string;
	readonly form: QueryResult["form"];
}

/** What a model made of a query's text. */
export type QueryResult =
	| {
			readonly form: "vector";
			/** The vector as JSON. */
			readonly json: string;
			readonly dimension: number;
	  }
	| {
			readonly form: "tokens";
			readonly weights: TokenWeights;
	  };

/** A query of which it is known what OpenSearch is sent instead, but for what a model makes of its text. */
export interface ResolvedQuery {
	readonly query: TextQuery;
	/** Undefined where no model is needed. */
	readonly wanted: WantedResult | undefined;
	/** What whoever searches should know of it. */
	readonly warnings?: readonly string[];
	/**
	 * Says how the nodes of the body are to be written.
	 *
	 * @param result what the model made of the text, where one was wanted
	 * @throws SidecarError where the result does not fit the field
	 */
	render(result: QueryResult | undefined): RenderedQuery;
}

/** How a query reads for OpenSearch. */
export interface RenderedQuery {
	/** By nodes of the body. */
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** What of it is looked at among the first hits alone. */
	readonly secondPhase?: SecondPhase;
}

export interface SecondPhase {
	/** A query as JSON. */
	readonly query: string;
	/** How many hits are looked at. */
	readonly windowSize: number;
	/** By what the scores of the search's own query are multiplied before. */
	readonly queryWeight: number;
}
