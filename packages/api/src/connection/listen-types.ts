/**
 * A certificate with its key, as PEM files. Both are read again when they change, while the server runs: their contents are
 * looked at each second. While the new files cannot be used, as between two of them, the certificates from before stay in use.
 */
export interface CertificateFiles {
  /** The file of the certificate, followed by those that sign it. */
  readonly cert: string;
  /** The file of the private key: PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  readonly key: string;
}

/**
 * The options of TLS. Each option but `sni` has a variable, which comes first: `TLS_CERT`, `TLS_KEY`, `TLS_CA`, `TLS_CLIENT_CERT`
 * and `TLS_MIN_VERSION`.
 *
 * Example: `await start({ tls: { cert: "/run/tls/tls.crt", key: "/run/tls/tls.key" } })`
 */
export interface TlsOptions extends CertificateFiles {
  /** The file of the authorities that sign the certificates of clients, in PEM; `clientCert` goes by it. */
  readonly ca?: string;
  /**
   * Whether clients are asked for a certificate: `none`; `optional`, where one that is not valid ends the handshake; `required`.
   * What a certificate says is `ctx.peer`. Default `none`.
   */
  readonly clientCert?: "none" | "optional" | "required";
  /** Further certificates by the host that a client asks for (SNI): a name, or `*.example.com` for each name directly under it. */
  readonly sni?: Readonly<Record<string, CertificateFiles>>;
  /** The oldest version of TLS that is spoken: `1.2` (RFC 5246) or `1.3` (RFC 8446). Default `1.2`. */
  readonly minVersion?: "1.2" | "1.3";
}

/**
 * The options of the unix socket. With it and neither `host` nor `port`, the server opens no port.
 *
 * Errors: `unavailable` at the start for a path in use, in a folder that does not exist, or of a file that is no socket.
 */
export interface UnixOptions {
  /** The path of the socket. A file that nobody listens on any more is replaced; the file is removed when the app stops. */
  readonly path: string;
  /** The permissions of the socket, which it has from its first moment on. Default `0o660`: owner and group may connect. */
  readonly mode?: number;
  /** Whether TLS is spoken on it as well, where `tls` is given. Default false. */
  readonly tls?: boolean;
}

/**
 * Whether connections begin with a header of the PROXY protocol, by which a balancer that passes bytes on tells the client's
 * address. Only proxies of `trustProxy` may send one. `off` reads none; with `optional` a trusted proxy may send one; with
 * `required` a connection without one, or not from a trusted proxy, is closed.
 *
 * Source: HAProxy, "The PROXY protocol, versions 1 & 2".
 */
export type ProxyProtocol = "off" | "optional" | "required";

/** What the verified certificate of a client says: `ctx.peer`. Which of them may call is for the app to decide. */
export interface ClientCertificate {
  /** The subject's distinguished name, such as `CN=billing, O=Example`. */
  readonly subject: string;
  /** The alternative names: `DNS:…`, `IP:…`, `URI:…`, `email:…`. */
  readonly sans: readonly string[];
  /** The SHA-256 of the certificate, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}
