import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { ReportedQuery } from "./rewrite-report.ts";

export interface SlowLogOptions {
	logger: Logger;
	/** What takes longer is logged, milliseconds; nothing is if 0. */
	thresholdMs: number;
	/** Whether the search's body is logged, too: it holds what somebody has asked. */
	showsQueries: boolean;
}

/** A search that was rewritten. */
export interface RewrittenSearch {
	body: Buffer;
	target: string | undefined;
	queries: readonly ReportedQuery[];
	/** From the search's arrival to the body that is sent, milliseconds. */
	tookMs: number;
	/** Of that, how long its models took. */
	embedMs: number;
}

/** Characters of a hash that tell one query from another. */
const hashLength = 16;

/** Logs searches whose rewriting took long. */
export class SlowLog {
	readonly #options: SlowLogOptions;

	constructor(options: SlowLogOptions) {
		this.#options = options;
	}

	note({ body, target, queries, tookMs, embedMs }: RewrittenSearch): void {
		const { logger, thresholdMs, showsQueries } = this.#options;
		if (thresholdMs === 0 || tookMs < thresholdMs) return;
		const hash = createHash("sha256").update(body).digest("hex");
		logger.warn(
			{
				query: hash.slice(0, hashLength),
				index: target,
				took_ms: Math.round(tookMs),
				embed_ms: Math.round(embedMs),
				models: [...new Set(queries.flatMap(({ model_id }) => model_id ?? []))],
				...(showsQueries && { body: body.toString("utf8") }),
			},
			"a search was rewritten slowly",
		);
	}
}
