/** How connections to OpenSearch are made over TLS, in the terms of node:tls. */
export interface UpstreamTls {
	/** Authorities in place of those that Node.js knows, PEM. */
	ca?: string;
	/** Whether a certificate that can't be trusted ends the connection. */
	rejectUnauthorized: boolean;
}
