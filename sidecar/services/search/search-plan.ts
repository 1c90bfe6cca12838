import type { RefusedCall, SidecarError } from "../../errors.ts";
import type { AnswerStep } from "../../search/answers/search-answer.ts";
import type { TruncatedTexts } from "../truncated-texts.ts";
import type { AnswerHeaders, ClientCall } from "../writes/client-call.ts";
import type { ReportedQuery } from "./rewrite-report.ts";

/** A search as a client sent it, or one of those in a request with several. */
export interface SearchRequest {
	body: Buffer;
	/** The indices that it names; undefined where it names none. */
	target: string | undefined;
	/** Of its URL; of a search among several, of its own line. */
	parameters: ReadonlyMap<string, string>;
	/** Whether the answer has hits; a query may be asked for other things, as by `_count`. */
	answersHits: boolean;
}

/** What holds for all the searches of one request. */
export interface SearchTerms {
	signal: AbortSignal;
	/** Is told of every text that was cut. */
	truncated: TruncatedTexts;
	/** For what has to be asked before. */
	call: ClientCall;
	/** Says whether a search may be answered without its being sent, in JSON; without it none may. */
	takesAnswers?(): boolean;
}

/** What becomes of a search; neither where it goes on as it was sent. */
export interface PlannedSearch {
	plan?: SearchPlan;
	/** Why it can't be run; of what OpenSearch itself refused, its answer. */
	error?: SidecarError | RefusedCall;
}

/** An answer of OpenSearch's that is known, with status 200. */
export interface KnownAnswer {
	/** As OpenSearch writes it by itself. */
	json: string;
	/** Those for the client, but for what describes the body. */
	headers: AnswerHeaders;
}

export interface SearchPlan {
	/** What is sent instead of its body; nothing where the answer is known. */
	body: string;
	/** The answer where it is known, before {@link answerSteps}. */
	answer?: KnownAnswer;
	/** Parameters of its URL that the body has taken account of: they must not be sent. */
	spentParameters: ReadonlySet<string>;
	/** What is done with the answer, in order. */
	answerSteps: readonly AnswerStep[];
	/** What whoever searches should know. */
	warnings: readonly string[];
	/** What became of each query. */
	queries: readonly ReportedQuery[];
	/** How long the texts of the whole request took, milliseconds; 0 for a search without any. */
	embedMs: number;
	/** From the request's arrival to the plan, milliseconds. */
	tookMs: number;
}
