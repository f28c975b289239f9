// The same over HTTP: a server on a free port, whose number is the first line
// of standard output; then, a line for each request, what came and what was
// bound.

extern alias Json;

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Web.Http;
using System.Web.Http.ModelBinding;
using System.Web.Http.Routing;

using Json::Newtonsoft.Json;

namespace Oracle {

public partial class ErpSyncController : ApiController {
    [AcceptVerbs("GET", "HEAD")]
    public HttpResponseMessage Describe()
    {
        return Note(Request.CreateResponse(HttpStatusCode.OK,
                    "a description of the operation"), null);
    }

    HttpResponseMessage Done(object bound)
    {
        return Reply(() => Request.CreateResponse(HttpStatusCode.NoContent),
                     bound);
    }

    HttpResponseMessage Answer<T>(object bound)
    {
        return Reply(() => Request.CreateResponse(HttpStatusCode.OK,
                                                  (T) Sample(typeof(T))),
                     bound);
    }

    HttpResponseMessage Reply(Func<HttpResponseMessage> answer, object bound)
    {
        if (ModelState.IsValid) {
            return Note(answer(), bound);
        }
        return Note(Request.CreateResponse(HttpStatusCode.BadRequest,
                                           "the request does not bind"),
                    null);
    }

    static object Sample(Type type)
    {
        return type == typeof(bool) ? true
            : type == typeof(string) ? "sample"
            : type.IsArray ? Array.CreateInstance(type.GetElementType(), 0)
            : Activator.CreateInstance(type);
    }

    // What the operation would run with, besides its request.

    HttpResponseMessage Note(HttpResponseMessage answer, object bound)
    {
        var route = Request.GetRouteData().Values;
        object prefix;
        route.TryGetValue("prefix", out prefix);
        var call = new Dictionary<string, object> {
            { "prefix", prefix },
            { "operation", route.ContainsKey("action") ? route["action"] : "" },
            { "query", Query() },
            { "language", Language() },
            { "culture", Header("SO-Culture") },
            { "timeZone", Header("SO-TimeZone") },
            { "credentials", Header("Authorization") },
            { "xsrf", Header("X-XSRF-TOKEN") },
            { "appToken", Header("SO-AppToken") },
            { "request", bound }
        };
        var text = Bound.Text(call);
        if (text.Length > 16000) {
            call["request"] = Digest(Bound.Text(bound));
            text = Bound.Text(call);
        }
        answer.Headers.Add("X-Bound", text);
        return answer;
    }

    // Of what is too long for a header.

    static string Digest(string text)
    {
        using (var sha = SHA256.Create()) {
            return BitConverter.ToString(sha.ComputeHash(
                Encoding.UTF8.GetBytes(text)));
        }
    }

    string[] Query()
    {
        var query = Request.RequestUri.ParseQueryString();
        return query.AllKeys.Select(n => n + "=" + query[n]).ToArray();
    }

    // SO-Language, or else what Accept-Language has first; "*" for neither.

    string Language()
    {
        var language = Header("SO-Language");
        if (string.IsNullOrEmpty(language)) {
            language = Request.Headers.AcceptLanguage
                .Where(l => l.Quality != 0)
                .OrderByDescending(l => l.Quality ?? 1)
                .Select(l => l.Value).FirstOrDefault();
        }
        return language == "x" || language == "-" ? "*" : language;
    }

    string Header(string name)
    {
        IEnumerable<string> values;
        return Request.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values) : null;
    }
}

class Server {
    readonly HttpMessageInvoker invoker;
    readonly HttpListener listener = new HttpListener();

    public Server(HttpConfiguration config)
    {
        config.IncludeErrorDetailPolicy = IncludeErrorDetailPolicy.Always;
        foreach (var prefix in new[] { "", "{prefix}/", "{site}/{prefix}/" }) {
            var url = prefix + "api/v1/Agents/ErpSync/";
            config.Routes.MapHttpRoute("get" + prefix, url + "{operation}",
                new { controller = "ErpSync", action = "Describe" },
                new { method = new HttpMethodConstraint(HttpMethod.Get,
                                                        HttpMethod.Head) });
            config.Routes.MapHttpRoute("post" + prefix, url + "{action}",
                                       new { controller = "ErpSync" });
        }
        invoker = new HttpMessageInvoker(new HttpServer(config));
    }

    public void Run()
    {
        var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint) probe.LocalEndpoint).Port;
        probe.Stop();

        listener.Prefixes.Add("http://127.0.0.1:" + port + "/");
        listener.Start();
        Say(port.ToString());
        for (;;) {
            var context = listener.GetContext();
            ThreadPool.QueueUserWorkItem(_ => Serve(context));
        }
    }

    static void Say(string line)
    {
        lock (typeof(Server)) {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }

    void Serve(HttpListenerContext context)
    {
        try {
            var request = Request(context.Request);
            var answer = invoker.SendAsync(request, CancellationToken.None)
                .Result;
            Answer(context, answer);
        } catch (ObjectDisposedException) {
            // HttpListener has answered itself, such as 411

        } catch (Exception e) {
            Console.Error.WriteLine(e);
            context.Response.Abort();
        }
    }

    static HttpRequestMessage Request(HttpListenerRequest from)
    {
        var body = new MemoryStream();
        from.InputStream.CopyTo(body);
        var request = new HttpRequestMessage(new HttpMethod(from.HttpMethod),
            "http://webapi" + Target.Read(from.RawUrl));
        request.Content = new ByteArrayContent(body.ToArray());
        foreach (string name in from.Headers) {
            var values = from.Headers.GetValues(name);
            if (!request.Headers.TryAddWithoutValidation(name, values)) {
                request.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }
        request.Content.Headers.ContentLength = body.Length;
        return request;
    }

    static void Answer(HttpListenerContext context, HttpResponseMessage from)
    {
        var answer = context.Response;
        var body = from.Content == null ? new byte[0]
            : from.Content.ReadAsByteArrayAsync().Result;
        IEnumerable<string> notes;
        var bound = from.Headers.TryGetValues("X-Bound", out notes)
            ? notes.First() : "null";

        answer.StatusCode = (int) from.StatusCode;
        answer.AddHeader("X-Bound", bound);
        if (from.Content != null && from.Content.Headers.ContentType != null) {
            answer.ContentType = from.Content.Headers.ContentType.ToString();
        }
        Say(string.Format("{{\"method\":{0},\"target\":{1},\"status\":{2},"
            + "\"type\":{3},\"bound\":{4}}}",
            JsonConvert.ToString(context.Request.HttpMethod),
            JsonConvert.ToString(context.Request.RawUrl), answer.StatusCode,
            JsonConvert.ToString(answer.ContentType), bound));
        if (context.Request.HttpMethod != "HEAD") {
            answer.ContentLength64 = body.Length;
            answer.OutputStream.Write(body, 0, body.Length);
        }
        answer.Close();
    }
}

// The path as http.sys and ASP.NET read it: decoded once, "\" is "/", dot
// segments taken away, then slashes merged.

static class Target {
    public static string Read(string target)
    {
        if (target.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) {
            target = target.Substring((target + "/").IndexOf('/', 7));
        }
        var parts = target.Split(new[] { '?' }, 2);
        var kept = new List<string>();
        foreach (var segment in Decode(parts[0]).Replace('\\', '/')
                     .Split('/'))
        {
            if (segment == ".." && kept.Count > 0) {
                kept.RemoveAt(kept.Count - 1);
            } else if (segment != "." && segment != "..") {
                kept.Add(segment);
            }
        }
        return "/" + string.Join("/", kept.Where(s => s != "")
                                      .Select(Uri.EscapeDataString))
            + (parts.Length > 1 ? "?" + parts[1] : "");
    }

    static string Decode(string path)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < path.Length; i++) {
            int n = path[i] != '%' ? 0
                : i + 5 < path.Length && path[i + 1] == 'u' ? 4 : 2;
            int from = i + (n == 4 ? 2 : 1), code;
            if (n > 0 && from + n <= path.Length
                && int.TryParse(path.Substring(from, n),
                                System.Globalization.NumberStyles
                                    .AllowHexSpecifier, null, out code))
            {
                bytes.AddRange(n == 2 ? new[] { (byte) code }
                    : Encoding.UTF8.GetBytes(((char) code).ToString()));
                i = from + n - 1;
            } else {
                bytes.AddRange(Encoding.UTF8.GetBytes(path[i].ToString()));
            }
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}

static class Program {
    static int Main(string[] arguments)
    {
        var config = new HttpConfiguration();
        config.Formatters.Remove(config.Formatters.JsonFormatter);
        config.Formatters.Insert(0, new JsonFormatter());
        config.Formatters.Remove(config.Formatters
            .OfType<JQueryMvcFormUrlEncodedFormatter>().First());
        config.Formatters.Add(new FormFormatter(config));

        if (arguments.Length == 2 && arguments[0] == "frames") {
            Bound.Brief = true;
            new Frames(config.Formatters, int.Parse(arguments[1])).Run();
        } else if (arguments.Length == 1 && arguments[0] == "serve") {
            new Server(config).Run();
        } else {
            Console.Error.WriteLine("usage: oracle.exe frames LIMIT-MS\n"
                                    + "       oracle.exe serve");
            return 2;
        }
        return 0;
    }
}

}
