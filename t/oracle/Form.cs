// The form formatter of ASP.NET Web API, with its own model binding.  The one
// that mono carries keeps to itself what did not bind: ErpConnectionId=abc
// would be as absent.  This one tells, as later ones do.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http.Formatting;
using System.Net.Http.Headers;
using System.Reflection;
using System.Threading.Tasks;
using System.Web.Http;
using System.Web.Http.Controllers;
using System.Web.Http.Metadata;
using System.Web.Http.ModelBinding;
using System.Web.Http.ModelBinding.Binders;
using System.Web.Http.ValueProviders;

namespace Oracle {

class FormFormatter : JQueryMvcFormUrlEncodedFormatter {
    readonly HttpConfiguration config;
    readonly ModelBinderProvider binders;
    readonly ModelMetadataProvider metadata;

    // From a form's names, jQuery's brackets too, to those of the binder.

    static readonly MethodInfo values = typeof(FormDataCollectionExtensions)
        .GetMethod("GetJQueryValueProvider",
                   BindingFlags.Static | BindingFlags.NonPublic
                   | BindingFlags.Public);

    public FormFormatter(HttpConfiguration config)
    {
        this.config = config;
        binders = new CompositeModelBinderProvider(config.Services
            .GetServices(typeof(ModelBinderProvider))
            .Cast<ModelBinderProvider>());
        metadata = (ModelMetadataProvider) config.Services
            .GetService(typeof(ModelMetadataProvider));
    }

    public override Task<object> ReadFromStreamAsync(Type type, Stream stream,
        HttpContentHeaders headers, IFormatterLogger logger)
    {
        var form = (FormDataCollection) base.ReadFromStreamAsync(
            typeof(FormDataCollection), stream, headers, logger).Result;
        var result = new TaskCompletionSource<object>();
        result.SetResult(Read(type, form, logger));
        return result.Task;
    }

    object Read(Type type, FormDataCollection form, IFormatterLogger logger)
    {
        var action = new HttpActionContext {
            ControllerContext = new HttpControllerContext {
                Configuration = config
            }
        };
        var context = new ModelBindingContext {
            ModelName = "",
            ModelMetadata = metadata.GetMetadataForType(null, type),
            ModelState = new ModelStateDictionary(),
            ValueProvider = (IValueProvider) values.Invoke(null,
                new object[] { form })
        };
        var binder = binders.GetBinder(action, context);
        var bound = binder.BindModel(action, context);
        foreach (var state in context.ModelState) {
            foreach (var error in state.Value.Errors) {
                logger.LogError(state.Key, error.Exception == null
                    ? error.ErrorMessage : error.Exception.Message);
            }
        }
        return bound ? context.Model : GetDefaultValueForType(type);
    }
}

}
