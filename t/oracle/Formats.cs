// The JSON formatter of ASP.NET Web API, as its own does it, over the
// Newtonsoft.Json that Debian carries: mono's own Formatting.dll has an old
// copy inside.  Besides, what the two patch types mean for a request.

extern alias Json;

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Formatting;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;

using Json::Newtonsoft.Json;
using Json::Newtonsoft.Json.Converters;
using Json::Newtonsoft.Json.Linq;

namespace Oracle {

public class JsonFormatter : MediaTypeFormatter {
    const string MergePatch = "application/merge-patch+json";
    const string JsonPatch = "application/json-patch+json";

    public JsonFormatter()
    {
        foreach (var type in new[] { "application/json", "text/json",
                                     JsonPatch, MergePatch })
        {
            SupportedMediaTypes.Add(new MediaTypeHeaderValue(type));
        }
        SupportedEncodings.Add(new UTF8Encoding(false, true));
        SupportedEncodings.Add(new UnicodeEncoding(false, true, true));
    }

    public override bool CanReadType(Type type) { return true; }
    public override bool CanWriteType(Type type) { return true; }

    public override Task<object> ReadFromStreamAsync(Type type, Stream stream,
        HttpContentHeaders headers, IFormatterLogger logger)
    {
        var result = new TaskCompletionSource<object>();
        try {
            result.SetResult(Read(type, stream, headers, logger));
        } catch (Exception e) {
            result.SetException(e);
        }
        return result.Task;
    }

    object Read(Type type, Stream stream, HttpContentHeaders headers,
        IFormatterLogger logger)
    {
        if (headers.ContentLength == 0) {
            return GetDefaultValueForType(type);
        }

        var media = headers.ContentType.MediaType.ToLowerInvariant();
        var serializer = Serializer();

        // null takes a member away, and there is none

        if (media == MergePatch) {
            serializer.NullValueHandling = NullValueHandling.Ignore;
        }
        serializer.Error += (sender, e) => {
            logger.LogError(e.ErrorContext.Path,
                            e.ErrorContext.Error.Message);
            e.ErrorContext.Handled = true;
        };

        var encoding = SelectCharacterEncoding(headers);
        var text = new StreamReader(stream, encoding).ReadToEnd();
        JsonReader reader = new JsonTextReader(new StringReader(text)) {
            MaxDepth = 256
        };

        // what is not an array is plain JSON

        if (media == JsonPatch && text.TrimStart().StartsWith("[")) {
            reader.DateParseHandling = DateParseHandling.None;
            reader.FloatParseHandling = FloatParseHandling.Decimal;
            reader = Patch.Apply(JArray.Load(reader)).CreateReader();
        }
        return serializer.Deserialize(reader, type);
    }

    public override Task WriteToStreamAsync(Type type, object value,
        Stream stream, HttpContentHeaders headers, TransportContext context)
    {
        var writer = new StreamWriter(stream,
            SelectCharacterEncoding(headers));
        Serializer().Serialize(writer, value);
        writer.Flush();
        var done = new TaskCompletionSource<object>();
        done.SetResult(null);
        return done.Task;
    }

    static JsonSerializer Serializer()
    {
        var serializer = JsonSerializer.Create(new JsonSerializerSettings {
            MissingMemberHandling = MissingMemberHandling.Ignore,
            TypeNameHandling = TypeNameHandling.None
        });
        serializer.Converters.Add(new StringEnumConverter());
        return serializer;
    }
}

// RFC 6902, applied to {}: the framework has none.  Names match in any case,
// the first slash may be missing, and a top-level member that is not there
// may be replaced.

static class Patch {
    public static JToken Apply(JArray operations)
    {
        JToken document = new JObject();
        foreach (var item in operations) {
            var o = item as JObject;
            if (o == null) {
                throw new FormatException("an operation is an object");
            }
            document = Step(document, o);
        }
        return document;
    }

    static JToken Step(JToken document, JObject o)
    {
        var path = Path(o, "path");
        JToken value;

        switch (Text(o, "op").ToLowerInvariant()) {
        case "add":
            return Add(document, path, Value(o));
        case "replace":
            if (path.Count == 0) {
                return Value(o);
            }
            if (path.Count > 1 || !(document is JObject)) {
                Find(document, path).Replace(Value(o));
                return document;
            }
            return Add(document, path, Value(o));
        case "remove":
            if (path.Count == 0) {
                throw new FormatException("nothing would be left");
            }
            return Remove(document, path);
        case "test":
            if (!Equal(Find(document, path), Value(o))) {
                throw new FormatException("the test failed");
            }
            return document;
        case "copy":
            value = Find(document, Path(o, "from")).DeepClone();
            return Add(document, path, value);
        case "move":
            var from = Path(o, "from");
            value = Find(document, from);
            if (from.Count == 0 || path.Count > from.Count
                && from.SequenceEqual(path.Take(from.Count),
                                      StringComparer.OrdinalIgnoreCase))
            {
                if (from.Count == 0 && path.Count == 0) {
                    return document;
                }
                throw new FormatException("moved into itself");
            }
            value = value.DeepClone();
            return Add(Remove(document, from), path, value);
        default:
            throw new FormatException("no such operation");
        }
    }

    static JToken Get(JObject o, string name)
    {
        var found = o.Properties().Where(p => string.Equals(p.Name, name,
            StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count != 1) {
            throw new FormatException(name + " is missing or there twice");
        }
        return found[0].Value;
    }

    static JToken Value(JObject o)
    {
        return Get(o, "value").DeepClone();
    }

    static string Text(JObject o, string name)
    {
        var token = Get(o, name);
        if (token.Type != JTokenType.String) {
            throw new FormatException(name + " is a string");
        }
        return (string) token;
    }

    static List<string> Path(JObject o, string name)
    {
        var text = Text(o, name);
        if (text == "") {
            return new List<string>();
        }
        var steps = (text[0] == '/' ? text.Substring(1) : text).Split('/');
        foreach (var step in steps) {
            for (int i = 0; i < step.Length; i++) {
                if (step[i] == '~' && (i + 1 == step.Length
                                       || step[i + 1] != '0'
                                       && step[i + 1] != '1'))
                {
                    throw new FormatException("no such escape");
                }
            }
        }
        return steps.Select(s => s.Replace("~1", "/").Replace("~0", "~"))
            .ToList();
    }

    static JProperty Member(JObject o, string name)
    {
        return o.Properties().FirstOrDefault(p => string.Equals(p.Name, name,
            StringComparison.OrdinalIgnoreCase));
    }

    static int Index(JArray array, string step, int most)
    {
        int n;
        if (step == "" || step.Any(c => c < '0' || c > '9')
            || step.Length > 1 && step[0] == '0'
            || !int.TryParse(step, NumberStyles.None,
                             CultureInfo.InvariantCulture, out n)
            || n > most)
        {
            throw new FormatException("no such index");
        }
        return n;
    }

    static JToken Find(JToken document, IEnumerable<string> path)
    {
        foreach (var step in path) {
            if (document is JArray) {
                var array = (JArray) document;
                document = array[Index(array, step, array.Count - 1)];
            } else {
                var member = document is JObject
                    ? Member((JObject) document, step) : null;
                if (member == null) {
                    throw new FormatException("nothing there");
                }
                document = member.Value;
            }
        }
        return document;
    }

    static JToken Add(JToken document, List<string> path, JToken value)
    {
        if (path.Count == 0) {
            return value;
        }

        var parent = Find(document, path.Take(path.Count - 1));
        var last = path[path.Count - 1];

        if (parent is JArray) {
            var array = (JArray) parent;
            array.Insert(last == "-" ? array.Count
                                     : Index(array, last, array.Count), value);
        } else if (parent is JObject) {
            var member = Member((JObject) parent, last);
            if (member != null) {
                member.Value = value;
            } else {
                ((JObject) parent).Add(last, value);
            }
        } else {
            throw new FormatException("neither array nor object");
        }
        return document;
    }

    static JToken Remove(JToken document, List<string> path)
    {
        var found = Find(document, path);
        if (found.Parent is JProperty) {
            found.Parent.Remove();
        } else {
            found.Remove();
        }
        return document;
    }

    static bool Equal(JToken a, JToken b)
    {
        if (a is JObject && b is JObject) {
            var o = (JObject) b;
            return ((JObject) a).Count == o.Count
                && ((JObject) a).Properties().All(p => {
                    var other = Member(o, p.Name);
                    return other != null && Equal(p.Value, other.Value);
                });
        }
        if (a is JArray && b is JArray) {
            return ((JArray) a).Count == ((JArray) b).Count
                && a.Zip(b, Equal).All(equal => equal);
        }
        if (Number(a) && Number(b)) {
            return (decimal) a == (decimal) b;
        }
        return JToken.DeepEquals(a, b);
    }

    static bool Number(JToken token)
    {
        return token.Type == JTokenType.Integer
            || token.Type == JTokenType.Float;
    }
}

}
